import type { AnnotatorId } from '../ids.js';
import { labelHash } from './audit.js';
import type { RequeueOrder } from './task-governor.js';
import type { Task } from './task.js';
import { step } from './transitions.js';
import type { Step, TaskStanding } from './transitions.js';

/**
 * Begins a new round of a task that has ended or is disputed; where one person's opinions are no
 * longer trusted, also of an open task that counts one of them.
 */
export function requeue(
  standing: TaskStanding,
  order: RequeueOrder,
): ({ readonly kind: 'done' } & Step) | { readonly kind: 'unchanged' } {
  const { state, label, formerLabels, secondLooks = [] } = standing;
  const { by, reason, discounting, secondLook } = order;
  const isOpen = state === 'pending' || state === 'leased';
  if (discounting !== undefined) {
    if (!countsOpinionOf(discounting, standing)) return { kind: 'unchanged' };
  } else if (isOpen) {
    // It is on its way already: a repeated request, or nothing to be done.
    return { kind: 'unchanged' };
  }
  const round = standing.round + 1;
  let looks = {};
  if (secondLook !== undefined) {
    if (label === undefined || hasSurvived(standing)) return { kind: 'unchanged' };
    const look = { round, label: labelHash(label.body), why: secondLook };
    looks = { secondLooks: [...secondLooks, look] };
  }
  const next: TaskStanding = {
    ...standing,
    ...looks,
    state: isOpen ? state : 'pending',
    round,
    lease: isOpen ? standing.lease : undefined,
    label: undefined,
    formerLabels: label === undefined ? formerLabels : [...formerLabels, label],
  };
  return {
    kind: 'done',
    standing: next,
    transition: step('requeue', by, standing, next, { reason }),
  };
}

/** Whether the present label was looked at a second time before: people stood by it. */
export function hasSurvived({ label, secondLooks = [] }: Pick<Task, 'label' | 'secondLooks'>) {
  if (label === undefined || secondLooks.length === 0) return false;
  const hash = labelHash(label.body);
  return secondLooks.some((look) => look.label === hash);
}

/** Whether the round rests on the person's opinion: an adjudicator's word stands by itself. */
function countsOpinionOf(
  annotator: AnnotatorId,
  { opinions, round, label, state }: TaskStanding,
): boolean {
  if (label?.settledBy === 'adjudication' || state === 'cancelled' || state === 'skipped') {
    return false;
  }
  return opinions.some((one) => one.round === round && one.annotator === annotator);
}
