import { EdgeminerError } from '../faults.js';
import type { AnnotatorId, TaskId } from '../ids.js';
import { checkedLabel } from './checked-label.js';
import type { LabelSetFor } from './checked-label.js';
import { refused } from './label-desk.js';
import type { Refused } from './label-desk.js';
import { longestReason, reasonIn } from './reason.js';
import type { TaskReader } from './relabel-queue.js';
import type { StandingTag } from './standing-tag.js';
import type { Governed, TaskGovernor } from './task-governor.js';
import type { Task } from './task.js';

/**
 * What those who answer for the queue do at it: decide what annotators dispute, send tasks round
 * again, take tasks out. As at the label desk, `refused` carries the fault to show, and nothing
 * was changed; every method may be repeated, and answers `unchanged` then.
 */
export interface SupervisorDesk {
  /** Labels a disputed task. `body` is whatever the adjudicator sent. */
  adjudicate(ruling: {
    readonly taskId: TaskId;
    readonly by: AnnotatorId;
    readonly body: unknown;
    readonly expected?: StandingTag | undefined;
  }): Promise<Ordered | Refused>;
  /** Begins a new round of a task that has ended or is disputed. */
  requeue(order: TaskOrder): Promise<Ordered | Refused>;
  /** Takes a task that has not ended out of the queue. */
  cancel(order: TaskOrder): Promise<Ordered | Refused>;
}

export interface TaskOrder {
  readonly taskId: TaskId;
  readonly by: AnnotatorId;
  /** 1 to 500 characters. */
  readonly reason: string;
  /** Where the task must still stand; `task.changed` otherwise. */
  readonly expected?: StandingTag | undefined;
}

export interface Ordered {
  readonly kind: 'done' | 'unchanged';
  readonly task: Task;
}

export interface SupervisorDeskOptions {
  readonly governor: TaskGovernor;
  readonly reader: Pick<TaskReader, 'find'>;
  readonly labelSetFor: LabelSetFor;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
}

export function createSupervisorDesk(options: SupervisorDeskOptions): SupervisorDesk {
  const { governor, reader, labelSetFor, now } = options;

  return {
    async adjudicate({ taskId, by, body, expected }) {
      const task = await reader.find(taskId);
      if (task === undefined) return refused(noSuchTask(taskId));
      const checked = checkedLabel(task, body, labelSetFor);
      if (checked.kind === 'refused') return checked;
      const { labelSet } = checked;
      const ruling = { by, body: checked.body, labelSet, expected };
      return answer(taskId, await governor.adjudicate(taskId, ruling, now()), notDisputed);
    },

    async requeue({ taskId, by, reason, expected }) {
      const words = reasonIn(reason);
      if (words === undefined) return refused(badReason());
      const outcome = await governor.requeue(taskId, { by, reason: words, expected }, now());
      return answer(taskId, outcome, hasEnded);
    },

    async cancel({ taskId, by, reason, expected }) {
      const words = reasonIn(reason);
      if (words === undefined) return refused(badReason());
      const outcome = await governor.cancel(taskId, { by, reason: words, expected }, now());
      return answer(taskId, outcome, hasEnded);
    },
  };
}

function answer(
  taskId: TaskId,
  outcome: Governed,
  faultOf: (task: Task) => EdgeminerError,
): Ordered | Refused {
  switch (outcome.kind) {
    case 'done':
    case 'unchanged':
      return outcome;
    case 'refused':
      return refused(faultOf(outcome.task));
    case 'changed':
      return refused(hasChanged(outcome.task));
    case 'unknown-task':
      return refused(noSuchTask(taskId));
  }
}

function badReason(): EdgeminerError {
  return new EdgeminerError('input.invalid', 'the audit trail needs a reason', {
    field: 'reason',
    mend: `Say why, in 1 to ${longestReason} characters.`,
  });
}

function noSuchTask(id: TaskId): EdgeminerError {
  return new EdgeminerError('task.not-found', `there is no task ${id}`, {
    field: 'taskId',
    mend: 'Take task ids from the list of tasks.',
  });
}

function notDisputed({ id, state, label }: Task): EdgeminerError {
  const what = label?.settledBy === 'adjudication' ? 'was decided otherwise before' : `is ${state}`;
  return new EdgeminerError('task.wrong-state', `task ${id} ${what}, and not disputed`, {
    field: 'taskId',
    mend: 'List the tasks in the state disputed; queue an ended task again to have it labelled anew.',
  });
}

function hasEnded({ id, state }: Task): EdgeminerError {
  return new EdgeminerError('task.wrong-state', `task ${id} is ${state}, which is an end`, {
    field: 'taskId',
    mend: 'Queue it again (requeue) if it is to have another end.',
  });
}

function hasChanged({ id }: Task): EdgeminerError {
  return new EdgeminerError('task.changed', `task ${id} has changed since it was read`, {
    field: 'If-Match',
    mend: 'Read the task again, and send the request with its new ETag.',
  });
}
