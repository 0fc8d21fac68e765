import type { AnnotatorId, TaskId } from '../ids.js';
import type { Governed, TaskGovernor } from './task-governor.js';
import { requeue } from './requeue.js';
import { adjudicate, cancel } from './transitions.js';
import type { Step, TaskStanding } from './transitions.js';

/** What the state machine says of one task; only `done` is stored. */
export type Decided =
  ({ readonly kind: 'done' } & Step) | { readonly kind: 'unchanged' | 'refused' };

/** Whose step it is, on which task, and when. */
export interface StepOf {
  readonly id: TaskId;
  readonly by: AnnotatorId;
  readonly now: number;
}

/** The governor of a store that can take one task through one step, and store both in one. */
export function governorBy(
  take: (step: StepOf, decide: (standing: TaskStanding) => Decided) => Promise<Governed>,
): TaskGovernor {
  return {
    adjudicate: (id, ruling, now) =>
      take({ id, by: ruling.by, now }, (standing) => adjudicate(standing, ruling, now)),
    requeue: (id, order, now) =>
      take({ id, by: order.by, now }, (standing) => requeue(standing, order)),
    cancel: (id, order, now) =>
      take({ id, by: order.by, now }, (standing) => cancel(standing, order)),
  };
}
