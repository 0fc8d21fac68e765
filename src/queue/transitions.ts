import { isDeepStrictEqual } from 'node:util';
import type { AnnotatorId, BatchId, EventId } from '../ids.js';
import type { Label } from '../label/label.js';
import { labelHash, textHash } from './audit.js';
import type { AuditAction, AuditDetail, Transition } from './audit.js';
import type { Claim, Verdict } from './relabel-queue.js';
import type { QueueRules } from './rules.js';
import { stateAt } from './task.js';
import type { Opinion, Skip, Task, TaskContent } from './task.js';
import type { Order, Ruling } from './task-governor.js';

/**
 * The state machine that task.ts draws, and the only place that sets a task's state. Each
 * function takes what is stored, a command and the caller's time, and says what is stored next,
 * and the transition for the audit trail. The adapters store both in one step, by
 * compare-and-swap on a revision or in one transaction.
 */

/** Where a task stands: what only the queue changes. */
export type TaskStanding = Pick<
  Task,
  | 'state'
  | 'round'
  | 'overlap'
  | 'fence'
  | 'lease'
  | 'opinions'
  | 'skips'
  | 'label'
  | 'formerLabels'
  | 'disputes'
  | 'secondLooks'
>;

/** What mining found out about an event; every offer of a known task replaces it. */
export type TaskFindings = Pick<TaskContent, 'predictions' | 'scores' | 'decision'>;

/** A task remembers at most this many near-duplicates; later ones are not noted. */
export const maxDuplicates = 1000;

/** What is stored next, and what the audit trail says of it. */
export interface Step {
  readonly standing: TaskStanding;
  readonly transition: Transition;
}

/** How a task begins that takes `overlap` opinions. */
export function newStanding(overlap: number): TaskStanding {
  return {
    state: 'pending',
    round: 1,
    overlap,
    fence: 0,
    lease: undefined,
    opinions: [],
    skips: [],
    label: undefined,
    formerLabels: [],
  };
}

export interface Grant {
  readonly batchId: BatchId;
  readonly annotator: AnnotatorId;
  readonly expiresAt: number;
}

/**
 * An offer of an unknown task makes it; an offer of a known one refreshes its findings. The
 * event itself (image, source, model, time, tags) stays as it was first offered: under a label
 * there must never lie another picture. Only the first is a transition.
 */
export function offerTask(
  known: Task | undefined,
  content: TaskContent,
  { rules, now }: { readonly rules: Pick<QueueRules, 'overlapOf'>; readonly now: number },
): { readonly kind: 'created' | 'refreshed'; readonly task: Task } {
  if (known !== undefined) return { kind: 'refreshed', task: { ...known, ...findingsOf(content) } };
  const standing = newStanding(rules.overlapOf(content));
  return { kind: 'created', task: { ...content, ...standing, offeredAt: now, duplicates: [] } };
}

/** The first transition of every task. */
export function offerTransition(standing: TaskStanding): Transition {
  const { state, round, fence, overlap } = standing;
  return {
    action: 'offer',
    by: 'edgeminer',
    from: 'none',
    to: state,
    round,
    fence,
    detail: { overlap },
  };
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

/**
 * Claims a task that is free for the annotator: raises the fence, and shuts out whoever held it
 * before.
 */
export function lease(
  standing: TaskStanding,
  grant: Grant,
  now: number,
): ({ readonly kind: 'leased' } & Step) | { readonly kind: 'not-free' } {
  if (!isFreeFor(grant.annotator, standing, now)) return { kind: 'not-free' };
  const { batchId, annotator, expiresAt } = grant;
  const next: TaskStanding = {
    ...standing,
    state: 'leased',
    fence: standing.fence + 1,
    lease: { batchId, annotator, leasedAt: now, expiresAt },
  };
  const lostBy = standing.state === 'leased' ? standing.lease?.batchId : undefined;
  return {
    kind: 'leased',
    standing: next,
    transition: step('lease', annotator, standing, next, {
      batch: batchId,
      expiresAt,
      ...(lostBy === undefined ? {} : { expiredBatch: lostBy }),
    }),
  };
}

/** Moves the expiry of a lease that has not expired. No transition: nothing changes hands. */
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
): ({ readonly kind: 'released' } & Step) | { readonly kind: 'not-held' } {
  const { lease: held } = standing;
  if (held === undefined || !isHeldBy(batchId, standing, now)) return { kind: 'not-held' };
  const next: TaskStanding = { ...standing, state: 'pending', lease: undefined };
  return {
    kind: 'released',
    standing: next,
    transition: step('release', held.annotator, standing, next, { batch: batchId }),
  };
}

export interface CompletionTerms {
  readonly rules: Pick<QueueRules, 'settle' | 'skipsToEnd'>;
  readonly now: number;
}

/**
 * Takes the holder's opinion or skip, and ends the lease. An answer keeps the claim that it was
 * given under, which is how the same request, sent twice, is told from one that came too late.
 */
export function complete(
  standing: TaskStanding,
  claim: Pick<Claim, 'batchId' | 'fence' | 'by'>,
  verdict: Verdict,
  { rules, now }: CompletionTerms,
):
  | ({ readonly kind: 'completed' } & Step)
  | { readonly kind: 'already-completed' }
  | { readonly kind: 'lost' } {
  const { lease: held, fence, round } = standing;
  if (answerUnder(claim, standing) !== undefined) return { kind: 'already-completed' };
  if (held === undefined || fence !== claim.fence || !isHeldBy(claim.batchId, standing, now)) {
    return { kind: 'lost' };
  }
  const { batchId } = held;
  const { by: annotator = held.annotator } = claim;
  // Nobody answers twice in a round, through whatever tool.
  if (answeredBy(standing).includes(annotator)) return { kind: 'lost' };
  const answer = { annotator, batchId, fence, round, heldMs: Math.max(0, now - held.leasedAt) };
  if (verdict.kind === 'skip') {
    const skip: Skip = { ...answer, reason: verdict.reason, skippedAt: now };
    const next = afterSkip({ ...standing, skips: [...standing.skips, skip] }, rules);
    const detail = { batch: batchId, reason: textHash(skip.reason) };
    return {
      kind: 'completed',
      standing: next,
      transition: step('skip', annotator, standing, next, detail),
    };
  }
  const { body, labelSet, prediction } = verdict;
  const opinion: Opinion = {
    ...answer,
    body,
    labelSet,
    givenAt: now,
    ...(prediction === undefined ? {} : { prediction }),
  };
  const { next, weights } = afterOpinion(
    { ...standing, opinions: [...standing.opinions, opinion] },
    opinion,
    rules,
  );
  const { label } = next;
  return {
    kind: 'completed',
    standing: next,
    transition: step('label', annotator, standing, next, {
      batch: batchId,
      opinion: labelHash(body),
      labelSet,
      heldMs: answer.heldMs,
      ...(label === undefined ? {} : { label: labelHash(label.body) }),
      ...(weights === undefined ? {} : { weights }),
    }),
  };
}

function afterSkip(standing: TaskStanding, { skipsToEnd }: Pick<QueueRules, 'skipsToEnd'>) {
  const skips = standing.skips.filter(({ round }) => round === standing.round);
  return skips.length < skipsToEnd
    ? ({ ...standing, state: 'pending', lease: undefined } satisfies TaskStanding)
    : ({ ...standing, state: 'skipped' } satisfies TaskStanding);
}

function afterOpinion(
  standing: TaskStanding,
  last: Opinion,
  { settle }: Pick<QueueRules, 'settle'>,
): { readonly next: TaskStanding; readonly weights?: string | undefined } {
  const opinions = standing.opinions.filter(({ round }) => round === standing.round);
  if (opinions.length < standing.overlap) {
    return { next: { ...standing, state: 'pending', lease: undefined } };
  }
  const { labelSet, givenAt: labelledAt } = last;
  if (opinions.length === 1) {
    const { body, annotator } = last;
    const label: Label = { body, annotator, labelledAt, labelSet };
    return { next: { ...standing, state: 'labelled', label } };
  }
  const settled = settle(opinions);
  const { weights } = settled;
  if (settled.kind === 'disputed') {
    const { round, disputes = [] } = standing;
    const { why } = settled;
    const noted = why === undefined ? {} : { disputes: [...disputes, { round, why }] };
    return { next: { ...standing, ...noted, state: 'disputed', lease: undefined }, weights };
  }
  const { body } = settled;
  const says = opinions.find((one) => isDeepStrictEqual(one.body, body)) ?? opinions[0] ?? last;
  const { annotator } = says;
  const label: Label = { body, annotator, settledBy: 'agreement', labelledAt, labelSet };
  return { next: { ...standing, state: 'labelled', label }, weights };
}

/** Decides a disputed task. The opinions stay beside the label. */
export function adjudicate(
  standing: TaskStanding,
  { by, body, labelSet }: Ruling,
  now: number,
): ({ readonly kind: 'done' } & Step) | { readonly kind: 'unchanged' | 'refused' } {
  const { label: given } = standing;
  if (given?.settledBy === 'adjudication' && given.annotator === by) {
    return { kind: isDeepStrictEqual(given.body, body) ? 'unchanged' : 'refused' };
  }
  if (standing.state !== 'disputed') return { kind: 'refused' };
  const label: Label = {
    body,
    annotator: by,
    settledBy: 'adjudication',
    labelledAt: now,
    labelSet,
  };
  const next: TaskStanding = { ...standing, state: 'labelled', label };
  const detail = { label: labelHash(body), labelSet };
  return {
    kind: 'done',
    standing: next,
    transition: step('adjudicate', by, standing, next, detail),
  };
}

/** Takes a task that has not ended out of the queue. Whoever holds it has lost it. */
export function cancel(
  standing: TaskStanding,
  { by, reason }: Order,
): ({ readonly kind: 'done' } & Step) | { readonly kind: 'unchanged' | 'refused' } {
  const { state } = standing;
  if (state === 'cancelled') return { kind: 'unchanged' };
  if (state === 'labelled' || state === 'skipped') return { kind: 'refused' };
  const next: TaskStanding = { ...standing, state: 'cancelled', lease: undefined };
  return {
    kind: 'done',
    standing: next,
    transition: step('cancel', by, standing, next, { reason }),
  };
}

/** Pending, or leased and expired. */
export function isFree(standing: Pick<Task, 'state' | 'lease'>, now: number): boolean {
  return stateAt(standing, now) === 'pending';
}

/** Free, and the annotator has not answered it in this round. */
export function isFreeFor(annotator: AnnotatorId, standing: TaskStanding, now: number): boolean {
  return isFree(standing, now) && !answeredBy(standing).includes(annotator);
}

/** Who gave an opinion or a skip in the present round. */
export function answeredBy({
  opinions,
  skips,
  round,
}: Pick<Task, 'opinions' | 'skips' | 'round'>): readonly AnnotatorId[] {
  return [...opinions, ...skips]
    .filter((answer) => answer.round === round)
    .map(({ annotator }) => annotator);
}

/** What was answered under just this claim. */
export function answerUnder(
  { batchId, fence }: Pick<Claim, 'batchId' | 'fence'>,
  { opinions, skips }: Pick<Task, 'opinions' | 'skips'>,
): Opinion | Skip | undefined {
  return [...opinions, ...skips].find(
    (answer) => answer.batchId === batchId && answer.fence === fence,
  );
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

/** A transition from one standing to the next. */
export function step(
  action: AuditAction,
  by: AnnotatorId,
  before: TaskStanding,
  { state, round, fence }: TaskStanding,
  detail: AuditDetail,
): Transition {
  return { action, by, from: before.state, to: state, round, fence, detail };
}
