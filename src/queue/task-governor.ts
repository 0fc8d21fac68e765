import type { AnnotatorId, TaskId } from '../ids.js';
import type { LabelBody } from '../label/label.js';
import type { StandingTag } from './standing-tag.js';
import type { Task } from './task.js';

/**
 * What those who answer for the queue do to single tasks. Obligations as of RelabelQueue: durable
 * when it returns, safe to repeat, outcomes returned and not thrown. Time is the caller's.
 */
export interface TaskGovernor {
  /** Decides a disputed task: it is labelled then. Refused in any other state. */
  adjudicate(id: TaskId, ruling: Ruling, now: number): Promise<Governed>;
  /**
   * Begins a new round of a labelled, skipped, disputed or cancelled task: it is pending then.
   * One that is pending or leased stays as it is, unless the order says otherwise.
   */
  requeue(id: TaskId, order: RequeueOrder, now: number): Promise<Governed>;
  /** Takes a pending, leased or disputed task out of the queue. Refused of one that has ended. */
  cancel(id: TaskId, order: Order, now: number): Promise<Governed>;
}

export interface Ruling {
  readonly by: AnnotatorId;
  readonly body: LabelBody;
  /** Name and version of the label set that it was validated against. */
  readonly labelSet: string;
  readonly expected?: StandingTag | undefined;
}

export interface Order {
  readonly by: AnnotatorId;
  readonly reason: string;
  /** Where the task must still stand; it is `changed` otherwise. */
  readonly expected?: StandingTag | undefined;
}

/** What a new round is begun for, where it is not just wanted. */
export type RequeueOrder = Order & {
  /**
   * Only where this person's opinion counts in the present round, and nobody adjudicated it; then
   * also of an open task. Who holds that one keeps it, and answers in the new round.
   */
  readonly discounting?: AnnotatorId;
  /** Only of a labelled task, and never of a label that a second look has left as it was. */
  readonly secondLook?: readonly string[];
};

export type Governed =
  | { readonly kind: 'done'; readonly task: Task }
  /** It is already so. */
  | { readonly kind: 'unchanged'; readonly task: Task }
  /** Its state does not allow it. Nothing was changed. */
  | { readonly kind: 'refused'; readonly task: Task }
  /** It no longer stands where the order expects it. Nothing was changed. */
  | { readonly kind: 'changed'; readonly task: Task }
  | { readonly kind: 'unknown-task' };
