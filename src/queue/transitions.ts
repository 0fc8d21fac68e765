import type { AnnotatorId, BatchId, EventId } from '../ids.js';
import type { Claim, Verdict } from './relabel-queue.js';
import { stateAt } from './task.js';
import type { Task, TaskContent } from './task.js';

/**
 * The state machine that task.ts draws, and the only place that sets a task's state. Each
 * function takes what is stored, a command and the caller's time, and says what is stored next.
 * The adapters apply that by compare-and-swap on a revision, or by one atomic statement whose
 * filter is the same condition (`isFree`, `isHeldBy`) and whose change is the same.
 */

/** Where a task stands: what only the queue changes. */
export type TaskStanding = Pick<Task, 'state' | 'fence' | 'lease' | 'label' | 'skip'>;

/** What mining found out about an event; every offer of a known task replaces it. */
export type TaskFindings = Pick<TaskContent, 'predictions' | 'scores' | 'decision'>;

/** A task remembers at most this many near-duplicates; later ones are not noted. */
export const maxDuplicates = 1000;

/** How every task begins. */
export const newStanding: TaskStanding = {
  state: 'pending',
  fence: 0,
  lease: undefined,
  label: undefined,
  skip: undefined,
};

export interface Grant {
  readonly batchId: BatchId;
  readonly annotator: AnnotatorId;
  readonly expiresAt: number;
}

/**
 * An offer of an unknown task makes it; an offer of a known one refreshes its findings. The
 * event itself (image, source, model, time, tags) stays as it was first offered: under a label
 * there must never lie another picture.
 */
export function offerTask(
  known: Task | undefined,
  content: TaskContent,
  now: number,
): { readonly kind: 'created' | 'refreshed'; readonly task: Task } {
  return known === undefined
    ? { kind: 'created', task: { ...content, ...newStanding, offeredAt: now, duplicates: [] } }
    : { kind: 'refreshed', task: { ...known, ...findingsOf(content) } };
}

/** Notes a near-duplicate once, up to `maxDuplicates`. */
export function noteDuplicate(
  task: Task,
  eventId: EventId,
): { readonly kind: 'noted' | 'unchanged'; readonly task: Task } {
  const { duplicates } = task;
  if (duplicates.length >= maxDuplicates || duplicates.includes(eventId)) {
    return { kind: 'unchanged', task };
  }
  return { kind: 'noted', task: { ...task, duplicates: [...duplicates, eventId] } };
}

/** Claims a free task: raises the fence, and shuts out whoever held it before. */
export function lease(
  standing: TaskStanding,
  grant: Grant,
  now: number,
): { readonly kind: 'leased'; readonly standing: TaskStanding } | { readonly kind: 'not-free' } {
  if (!isFree(standing, now)) return { kind: 'not-free' };
  const { batchId, annotator, expiresAt } = grant;
  return {
    kind: 'leased',
    standing: {
      ...newStanding,
      state: 'leased',
      fence: standing.fence + 1,
      lease: { batchId, annotator, expiresAt },
    },
  };
}

/** Moves the expiry of a lease that has not expired. */
export function renew(
  standing: TaskStanding,
  extension: { readonly batchId: BatchId; readonly expiresAt: number },
  now: number,
): { readonly kind: 'renewed'; readonly standing: TaskStanding } | { readonly kind: 'not-held' } {
  if (standing.lease === undefined || !isHeldBy(extension.batchId, standing, now)) {
    return { kind: 'not-held' };
  }
  const moved = { ...standing.lease, expiresAt: extension.expiresAt };
  return { kind: 'renewed', standing: { ...standing, lease: moved } };
}

/** Gives a held task back. The fence stays, so that the next lease still raises it. */
export function release(
  standing: TaskStanding,
  batchId: BatchId,
  now: number,
): { readonly kind: 'released'; readonly standing: TaskStanding } | { readonly kind: 'not-held' } {
  if (!isHeldBy(batchId, standing, now)) return { kind: 'not-held' };
  return { kind: 'released', standing: { ...newStanding, fence: standing.fence } };
}

/**
 * Ends a held task. It keeps the lease that it ended under, which is how the same request, sent
 * twice, is told from one that came too late.
 */
export function complete(
  standing: TaskStanding,
  claim: Pick<Claim, 'batchId' | 'fence'>,
  verdict: Verdict,
  now: number,
):
  | { readonly kind: 'completed'; readonly standing: TaskStanding }
  | { readonly kind: 'already-completed' }
  | { readonly kind: 'lost' } {
  const { lease: held, fence } = standing;
  if (held?.batchId !== claim.batchId || fence !== claim.fence) return { kind: 'lost' };
  if (hasEnded(standing)) return { kind: 'already-completed' };
  if (!isHeldBy(claim.batchId, standing, now)) return { kind: 'lost' };
  const { annotator } = held;
  return {
    kind: 'completed',
    standing:
      verdict.kind === 'label'
        ? {
            ...standing,
            state: 'labelled',
            label: {
              body: verdict.body,
              annotator,
              labelledAt: now,
              labelSet: verdict.labelSet,
            },
          }
        : {
            ...standing,
            state: 'skipped',
            skip: { reason: verdict.reason, annotator, skippedAt: now },
          },
  };
}

/** Pending, or leased and expired. */
export function isFree(standing: Pick<Task, 'state' | 'lease'>, now: number): boolean {
  return stateAt(standing, now) === 'pending';
}

/** Leased to this batch, and not expired. */
export function isHeldBy(
  batchId: BatchId,
  standing: Pick<Task, 'state' | 'lease'>,
  now: number,
): boolean {
  return stateAt(standing, now) === 'leased' && standing.lease?.batchId === batchId;
}

/** The task as a reader sees it: one whose lease has expired is pending and has no lease. */
export function seenAt(task: Task, now: number): Task {
  return task.state === 'leased' && isFree(task, now)
    ? { ...task, state: 'pending', lease: undefined }
    : task;
}

/** Only picked for the control sample: nothing about it was unusual. */
export function isControlOnly({ control, reasons }: TaskContent['decision']): boolean {
  return control && reasons.every((reason) => reason === 'control-sample');
}

/** The order of claims: highest priority first, then oldest, then by id. */
export function byClaimOrder(
  a: Pick<Task, 'id' | 'offeredAt' | 'decision'>,
  b: Pick<Task, 'id' | 'offeredAt' | 'decision'>,
): number {
  return (
    b.decision.priority - a.decision.priority ||
    a.offeredAt - b.offeredAt ||
    (a.id < b.id ? -1 : Number(a.id > b.id))
  );
}

export function findingsOf({ predictions, scores, decision }: TaskContent): TaskFindings {
  return { predictions, scores, decision };
}

function hasEnded({ state }: TaskStanding): boolean {
  return state === 'labelled' || state === 'skipped';
}
