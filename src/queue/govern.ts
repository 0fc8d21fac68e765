import type { AnnotatorId, TaskId } from '../ids.js';
import { standingTag } from './standing-tag.js';
import type { StandingTag } from './standing-tag.js';
import type { Governed, TaskGovernor } from './task-governor.js';
import { requeue } from './requeue.js';
import { adjudicate, cancel } from './transitions.js';
import type { Step, TaskStanding } from './transitions.js';

/** What the state machine says of one task; only `done` is stored. */
export type Decided =
  ({ readonly kind: 'done' } & Step) | { readonly kind: 'unchanged' | 'refused' | 'changed' };

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
      take({ id, by: ruling.by, now }, (standing) =>
        stands(standing, ruling) ? adjudicate(standing, ruling, now) : changed,
      ),
    requeue: (id, order, now) =>
      take({ id, by: order.by, now }, (standing) =>
        stands(standing, order) ? requeue(standing, order) : changed,
      ),
    cancel: (id, order, now) =>
      take({ id, by: order.by, now }, (standing) =>
        stands(standing, order) ? cancel(standing, order) : changed,
      ),
  };
}

const changed = { kind: 'changed' } as const;

function stands(
  standing: TaskStanding,
  { expected }: { readonly expected?: StandingTag | undefined },
): boolean {
  return expected === undefined || standingTag(standing) === expected;
}
