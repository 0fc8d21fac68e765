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
import type { PredictionEdit } from '../label/agreement/pre-annotation.js';
import type { Label, LabelBody } from '../label/label.js';
import type { ScoreCard } from '../score/signal.js';

/**
 * A task is one candidate on its way to a label.
 *
 *              offer             lease                complete, opinions agree
 *   (nothing) -------> pending --------> leased -----------------------------> labelled
 *                       ^  ^               | | \                                  ^
 *                       |  |   release,    | |  \ complete, they disagree         | adjudicate
 *                       |  |   expiry      | |   +------------------> disputed ---+
 *                       |  +---------------+ |
 *                       |  complete, more    | skip, and enough people have skipped
 *                       |  opinions wanted;  +-------------------------------> skipped
 *                       |  skip
 *                       +--- requeue: from labelled, skipped, disputed and cancelled
 *
 *   cancel: from pending, leased and disputed to cancelled
 *
 * - `offer` of a known task changes its scores, never its state: a replay reopens nothing.
 * - `lease` raises `fence` by one. Who holds an older fence, or whose lease has expired, has
 *   lost the task: nothing that they send changes it.
 * - An expired lease needs no sweeper: `lease` claims it as if it were pending, and readers
 *   see it as pending.
 * - `overlap` people give their opinions, one after another and blind to one another. Nobody is
 *   leased a task twice in a round once they gave an opinion or a skip.
 * - The last opinion that is wanted settles the round: to `labelled`, or to `disputed`, where the
 *   task waits for a person who sees all opinions and decides (`adjudicate`).
 * - A skip gives the task to somebody else, until as many people skipped as the rules ask for.
 * - `requeue` begins a new round. Opinions, skips and labels of earlier rounds are kept.
 *   Where one person's opinions are no longer trusted, it does so too of an open task that counts
 *   one of them; who holds that task keeps it, and answers in the new round.
 * - `labelled`, `skipped` and `cancelled` are ends, which only `requeue` leaves.
 * - Every arrow but expiry is a transition: it adds one entry to the task's audit trail (audit.ts).
 */
export interface Task extends TaskContent {
  readonly state: TaskState;
  /** 1 or more; raised by `requeue`. */
  readonly round: number;
  /** Opinions that a round takes; 1 or more, set when the task is made. */
  readonly overlap: number;
  /** Times the task has been leased; the fencing token of the present lease. */
  readonly fence: number;
  /** The present lease; of a labelled or skipped task, the lease that it ended under. */
  readonly lease: Lease | undefined;
  /** Of all rounds, oldest first; only ever added to. */
  readonly opinions: readonly Opinion[];
  /** Of all rounds, oldest first; only ever added to. */
  readonly skips: readonly Skip[];
  /** What the round was settled to; there while the task is labelled. */
  readonly label: Label | undefined;
  /** Labels of earlier rounds, oldest first. */
  readonly formerLabels: readonly Label[];
  /** Why rounds were disputed, oldest first; only ever added to, absent where none was. */
  readonly disputes?: readonly DisputedRound[] | undefined;
  /** Second looks at labels, oldest first; only ever added to, absent where there was none. */
  readonly secondLooks?: readonly SecondLook[] | undefined;
  /** Milliseconds since 1970-01-01 UTC, by the clock of whoever offered it first. */
  readonly offeredAt: number;
  /** Events that were near-duplicates of this one and made no task of their own; at most 1,000. */
  readonly duplicates: readonly EventId[];
}

export const taskStates = [
  'pending',
  'leased',
  'labelled',
  'skipped',
  'disputed',
  'cancelled',
] as const;

export type TaskState = (typeof taskStates)[number];

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
  /**
   * `reference`: the bytes were not copied, they lie at `uri` alone. Left out where the image store
   * was given a copy.
   */
  readonly kept?: 'reference';
}

export interface Lease {
  readonly batchId: BatchId;
  readonly annotator: AnnotatorId;
  /** Milliseconds since 1970-01-01 UTC; renewals leave it. */
  readonly leasedAt: number;
  /** Milliseconds since 1970-01-01 UTC; the lease is lost at this moment. */
  readonly expiresAt: number;
}

/** One lease's answer: who, under which claim, and in which round. */
interface Answer {
  readonly annotator: AnnotatorId;
  readonly batchId: BatchId;
  readonly fence: number;
  readonly round: number;
  /** From the lease to the answer. Milliseconds; 0 where the lease's begin is not known. */
  readonly heldMs: number;
}

/** What one person says of the picture. */
export interface Opinion extends Answer {
  readonly body: LabelBody;
  /** Name and version of the label set that it was validated against. */
  readonly labelSet: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly givenAt: number;
  /** How it compares with the model's prediction; absent where that was not recorded. */
  readonly prediction?: AgainstPrediction | undefined;
}

export interface AgainstPrediction {
  /** Whether the annotator saw what the model said. */
  readonly shown: boolean;
  /** What became of it, by the prediction as it was when the opinion came. */
  readonly edit: PredictionEdit;
}

/** What the opinions of a round disagreed about. */
export interface DisputedRound {
  readonly round: number;
  /** Sentences for the adjudicator. */
  readonly why: readonly string[];
}

/** A round that was begun because the label of the round before was suspicious. */
export interface SecondLook {
  /** The round that was begun. */
  readonly round: number;
  /** `labelHash` of the label that was looked at. */
  readonly label: string;
  /** Sentences that say what speaks against it. */
  readonly why: readonly string[];
}

export interface Skip extends Answer {
  readonly reason: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly skippedAt: number;
}

/** The state a reader sees: a lease that has expired reads as pending. */
export function stateAt(task: Pick<Task, 'state' | 'lease'>, now: number): TaskState {
  return task.state === 'leased' && (task.lease === undefined || task.lease.expiresAt <= now)
    ? 'pending'
    : task.state;
}

/** Whether people may still answer or decide a task in this state. */
export function isOpenState(state: TaskState): boolean {
  return state === 'pending' || state === 'leased' || state === 'disputed';
}

/** A count of nothing in every state. */
export function noTasks(): Record<TaskState, number> {
  return { pending: 0, leased: 0, labelled: 0, skipped: 0, disputed: 0, cancelled: 0 };
}
