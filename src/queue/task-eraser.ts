import type { AnnotatorId, TaskId } from '../ids.js';
import { textHash } from './audit.js';
import type { AuditEntry, AuditHead, Transition } from './audit.js';
import type { TaskStanding } from './transitions.js';

/**
 * Erases tasks on request. Obligations:
 *
 * - What a task holds is gone: the event, predictions, opinions, labels, its near-duplicates' ids,
 *   messages about it that wait, and, of a gold task, what is right and all that was answered to
 *   it. Its audit trail stays, closed by an entry `erase`; nothing in it names the event, the
 *   source or a person.
 * - Each task is erased in one step with its entry. A task that is not there is passed over.
 * - The event of an erased task makes no task again.
 * - Throws `store.unavailable`; every method is safe to repeat. Time is the caller's.
 */
export interface TaskEraser {
  /** Returns those that this call erased. */
  erase(ids: readonly TaskId[], order: Erasure, now: number): Promise<readonly TaskId[]>;
  /** A page of the trails of erased tasks, ordered by task id, after `after` (exclusive). */
  closedTrails(page: {
    readonly after?: TaskId;
    readonly limit: number;
  }): Promise<readonly ClosedTrail[]>;
}

export interface Erasure {
  readonly by: AnnotatorId;
  /** Stands in the trail as a hash. */
  readonly reason: string;
}

export interface ClosedTrail {
  readonly taskId: TaskId;
  readonly head: AuditHead;
  /** Oldest first; the last one says `erase`. */
  readonly entries: readonly AuditEntry[];
}

/** The last transition of a task, from wherever it stands. */
export function erasureOf(
  { state, round, fence }: Pick<TaskStanding, 'state' | 'round' | 'fence'>,
  { by, reason }: Erasure,
): Transition {
  const detail = { reason: textHash(reason) };
  return { action: 'erase', by, from: state, to: 'erased', round, fence, detail };
}
