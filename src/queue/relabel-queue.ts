import type {
  AnnotatorId,
  BatchId,
  EventId,
  ImageHash,
  ModelName,
  ModelVersion,
  SourceId,
  TaskId,
} from '../ids.js';
import type { LabelBody } from '../label/label.js';
import type { Reason } from '../decision/decision.js';
import type { AgainstPrediction, Task, TaskContent, TaskState } from './task.js';

/**
 * The relabeling queue. States and transitions are drawn in task.ts. Obligations:
 *
 * - Every method returns after the store has acknowledged durably (MongoDB: majority), and
 *   throws `store.unavailable` when it can't; the caller retries, for every method is safe to
 *   repeat.
 * - A task is leased to one claim at a time, whatever number of processes claim at once.
 * - Time is the caller's: `now` is milliseconds since 1970-01-01 UTC.
 * - Expected outcomes are returned, not thrown.
 * - The composition closes it; close() is idempotent.
 */
export interface RelabelQueue {
  /**
   * Makes a task of each candidate, or refreshes the scores of the ones it knows, or notes a
   * near-duplicate on the task it repeats. Outcomes are parallel to `offers`. Tasks of the same
   * call are made before its near-duplicates are noted; a near-duplicate of an unknown task is
   * `task.not-found`, and the rest of the call is done. An event is noted on one task at most, also
   * where two workers have it for a moment and find different originals.
   */
  offer(offers: readonly Offer[], now: number): Promise<readonly OfferOutcome[]>;
  /** What became of an event when it was offered before, however long ago and in whatever order. */
  recall(event: EventIdentity): Promise<Recollection>;
  /** Perceptual hashes of tasks that a new candidate may repeat; newest first. */
  recentFingerprints(scope: FingerprintScope): Promise<readonly Fingerprint[]>;
  /**
   * Claims up to `limit` tasks by priority (highest first, then oldest), under one batch id
   * that the caller made. An empty list says that nothing that matches is free. Claimers that
   * collide take what is left of the top rather than fail; what they get is in claim order too,
   * but another claimer may hold tasks that come before or between. The same batch id again
   * answers with what the batch holds, and claims only what it lacks.
   */
  lease(request: LeaseRequest, now: number): Promise<readonly Task[]>;
  /** Moves the expiry of what the batch still holds; returns the number of tasks renewed. */
  renew(batchId: BatchId, expiresAt: number, now: number): Promise<number>;
  /**
   * Takes an opinion or a skip on a leased task, if the claim still holds it, and ends the lease.
   * The rules that the store was opened with say what becomes of the task.
   */
  complete(claim: Claim, verdict: Verdict, now: number): Promise<CompletionOutcome>;
  /** Gives back what the batch still holds, all of it or the named tasks; returns how many. */
  release(batchId: BatchId, tasks: readonly TaskId[] | 'all', now: number): Promise<number>;
  close(): Promise<void>;
}

/** What the relabeling queue holds, for people and exports. Same obligations. */
export interface TaskReader {
  find(id: TaskId): Promise<Task | undefined>;
  /**
   * A page of tasks, ordered by id, after `after` (exclusive). Tasks that are there throughout
   * a walk over all pages are seen exactly once.
   */
  list(filter: TaskFilter, page: Page, now: number): Promise<readonly Task[]>;
  stats(now: number): Promise<QueueStats>;
  /** Who holds what now, by annotator and then since when; expired leases are nobody's. */
  holdings(now: number): Promise<readonly Holding[]>;
}

/** What one annotator holds under one batch. Times are milliseconds since 1970-01-01 UTC. */
export interface Holding {
  readonly annotator: AnnotatorId;
  readonly batchId: BatchId;
  readonly tasks: number;
  /** When the first of them was leased. */
  readonly since: number;
  /** When the first of them is lost, unless it is renewed. */
  readonly expiresAt: number;
}

export type Offer =
  | { readonly kind: 'task'; readonly content: TaskContent }
  | { readonly kind: 'duplicate'; readonly of: TaskId; readonly eventId: EventId };

export type OfferOutcome = 'queued' | 'known' | 'duplicate';

export interface EventIdentity {
  readonly taskId: TaskId;
  readonly modelName: ModelName;
  readonly sourceId: SourceId;
  readonly eventId: EventId;
}

export type Recollection =
  | {
      readonly kind: 'task';
      /** Of the picture that the task shows. */
      readonly image: ImageHash;
      readonly modelVersion: ModelVersion;
      /** What it is queued for at present. */
      readonly reasons: readonly Reason[];
    }
  /** A task of the same model and source lists it (one beyond the 1000 that a task lists is forgotten). */
  | { readonly kind: 'duplicate' }
  /** It made a task, which was erased on request, and makes none again. */
  | { readonly kind: 'erased' }
  | { readonly kind: 'nothing' };

export interface FingerprintScope {
  readonly modelName: ModelName;
  readonly sourceId: SourceId;
  /** Bounds of `occurredAt`, inclusive. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  /** Only of tasks that are queued for this, among others. */
  readonly reason?: Reason;
}

export interface Fingerprint {
  readonly taskId: TaskId;
  readonly perceptualHash: string;
}

export interface LeaseRequest {
  readonly batchId: BatchId;
  readonly annotator: AnnotatorId;
  /** 1 or more. */
  readonly limit: number;
  readonly expiresAt: number;
  readonly filter: LeaseFilter;
}

/** All that is named must hold. */
export interface LeaseFilter {
  readonly modelName?: ModelName;
  readonly sourceId?: SourceId;
  readonly reason?: Reason;
  /** The likeliest class of the predictions; of boxes, that of the highest score. */
  readonly topClass?: string;
  /** The event's tag `project`. */
  readonly project?: string;
  /** The event's tag `project` is one of these; of none, nothing matches. */
  readonly projects?: readonly string[];
  readonly offeredAt?: TimeRange;
  readonly occurredAt?: TimeRange;
}

/** Milliseconds since 1970-01-01 UTC; bounds are inclusive, and open where left out. */
export interface TimeRange {
  readonly from?: number;
  readonly to?: number;
}

/** What an annotator holds: the batch, and the fence of the task when it was leased. */
export interface Claim {
  readonly taskId: TaskId;
  readonly batchId: BatchId;
  readonly fence: number;
  /**
   * The person who answers, where the holder is a tool in which several people label: the opinion
   * or skip is theirs. The holder itself where it is left out.
   */
  readonly by?: AnnotatorId;
}

export type Verdict =
  | {
      readonly kind: 'label';
      readonly body: LabelBody;
      readonly labelSet: string;
      readonly prediction?: AgainstPrediction | undefined;
    }
  | { readonly kind: 'skip'; readonly reason: string };

export type CompletionOutcome =
  | { readonly kind: 'completed'; readonly task: Task }
  /** The very same claim answered it before: a repeated request. Nothing was changed. */
  | { readonly kind: 'already-completed'; readonly task: Task }
  /** Expired, released, cancelled, or leased to somebody else since. Nothing was changed. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'unknown-task' };

export interface TaskFilter extends LeaseFilter {
  readonly state?: TaskState;
  /** Tasks that the batch holds, or that ended under it. */
  readonly batchId?: BatchId;
  /** Tasks on which this person has given an opinion, in any round. Walks all tasks. */
  readonly opinionBy?: AnnotatorId;
}

export interface Page {
  readonly after?: TaskId;
  /** 1..1000 */
  readonly limit: number;
}

export interface QueueStats {
  readonly byState: Readonly<Record<TaskState, number>>;
  /** Tasks by reason; a task with two reasons counts under both. */
  readonly byReason: Readonly<Partial<Record<Reason, number>>>;
  readonly byModel: Readonly<Record<string, number>>;
  readonly duplicates: number;
  /** `offeredAt` of the oldest pending task. */
  readonly oldestPendingAt: number | undefined;
}
