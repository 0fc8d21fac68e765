import type { Decision } from '../decision/decision.js';
import type { Predictions } from '../event/inference-event.js';
import type { ImageContentType } from '../image/image-store.js';
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
import type { Label } from '../label/label.js';
import type { ScoreCard } from '../score/signal.js';

/**
 * A task is one candidate on its way to a label.
 *
 *              offer                 lease                  complete
 *   (nothing) -------> pending --------------> leased --------------------> labelled
 *                         ^                      |  \
 *                         |  release, or expiry  |   \ complete with a skip
 *                         +----------------------+    +--------------------> skipped
 *
 * - `offer` of a known task changes its scores, never its state: a replay reopens nothing.
 * - `lease` raises `fence` by one. Who holds an older fence, or whose lease has expired, has
 *   lost the task: nothing that they send changes it.
 * - An expired lease needs no sweeper: `lease` claims it as if it were pending, and readers
 *   see it as pending.
 * - `labelled` and `skipped` are ends.
 */
export interface Task extends TaskContent {
  readonly state: TaskState;
  /** Times the task has been leased; the fencing token of the present lease. */
  readonly fence: number;
  /** The present lease; of a task that has ended, the lease that it ended under. */
  readonly lease: Lease | undefined;
  readonly label: Label | undefined;
  readonly skip: Skip | undefined;
  /** Milliseconds since 1970-01-01 UTC, by the clock of whoever offered it first. */
  readonly offeredAt: number;
  /** Events that were near-duplicates of this one and made no task of their own; at most 1,000. */
  readonly duplicates: readonly EventId[];
}

export type TaskState = 'pending' | 'leased' | 'labelled' | 'skipped';

/**
 * The event and what mining found out about it. A later offer of the same task replaces
 * `predictions`, `scores` and `decision`; the rest stays as it was first offered.
 */
export interface TaskContent {
  readonly id: TaskId;
  readonly eventId: EventId;
  readonly occurredAt: number;
  readonly modelName: ModelName;
  readonly modelVersion: ModelVersion;
  readonly sourceId: SourceId;
  readonly image: TaskImage;
  readonly predictions: Predictions;
  readonly tags: Readonly<Record<string, string>>;
  readonly scores: ScoreCard;
  readonly decision: Extract<Decision, { kind: 'queue' }>;
}

export interface TaskImage {
  readonly hash: ImageHash;
  readonly contentType: ImageContentType;
  /** Of the upright original, in pixels. */
  readonly width: number;
  readonly height: number;
  /** 64-bit perceptual hash, 16 hex digits. */
  readonly perceptualHash: string;
  /** Where it came from, if it was a reference. */
  readonly uri?: string;
}

export interface Lease {
  readonly batchId: BatchId;
  readonly annotator: AnnotatorId;
  /** Milliseconds since 1970-01-01 UTC; the lease is lost at this moment. */
  readonly expiresAt: number;
}

export interface Skip {
  readonly reason: string;
  readonly annotator: AnnotatorId;
  readonly skippedAt: number;
}

/** The state a reader sees: a lease that has expired reads as pending. */
export function stateAt(task: Pick<Task, 'state' | 'lease'>, now: number): TaskState {
  return task.state === 'leased' && (task.lease === undefined || task.lease.expiresAt <= now)
    ? 'pending'
    : task.state;
}
