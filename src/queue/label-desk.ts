import { isDeepStrictEqual } from 'node:util';
import { EdgeminerError } from '../faults.js';
import type { AnnotatorId, BatchId, TaskId } from '../ids.js';
import { checkedLabel } from './checked-label.js';
import type { LabelSetFor } from './checked-label.js';
import type { AnnotatorQueue } from './gold-queue.js';
import { againstPrediction, alwaysShown, asAnnotated } from './pre-annotation.js';
import type { PreAnnotation } from './pre-annotation.js';
import { longestReason, reasonIn } from './reason.js';
import type { Claim, LeaseFilter, TaskReader, Verdict } from './relabel-queue.js';
import type { Task } from './task.js';
import { answerUnder } from './transitions.js';

/**
 * What an annotator does at the queue: take a batch, keep it, label or skip its tasks, give
 * the rest back. The rules here hold for the HTTP API and the command line alike:
 *
 * - A label is stored only if it fits the label set of the task's model.
 * - Only who holds a task completes it; a batch is renewed and released only by who leased it.
 *
 * Every answer is a value; `refused` carries the fault to show, and nothing was changed. What
 * is thrown is infrastructure: `store.unavailable`. Every method but `lease` may be repeated,
 * and answers the same.
 */
export interface LabelDesk {
  /** Claims up to `limit` tasks. `tasks` is empty when nothing that matches is free. */
  lease(request: DeskLeaseRequest): Promise<DeskLease | Refused>;
  /** Moves the expiry of what the batch still holds; `batch.not-found` when that is nothing. */
  renew(
    batchId: BatchId,
    annotator: AnnotatorId,
    leaseSeconds?: number,
  ): Promise<Renewal | Refused>;
  /** Gives back what the batch still holds, or the named tasks of it. */
  release(
    batchId: BatchId,
    annotator: AnnotatorId,
    tasks: readonly TaskId[] | 'all',
  ): Promise<{ readonly kind: 'released'; readonly released: number } | Refused>;
  /** Gives an opinion on a task. `body` is whatever the annotator sent. */
  submit(submission: {
    readonly claim: Claim;
    readonly annotator: AnnotatorId;
    readonly body: unknown;
  }): Promise<Completion | Refused>;
  /**
   * Gives a task to somebody else, or ends it where enough people have skipped it; `reason` says
   * why, in 1 to 500 characters.
   */
  skip(dismissal: {
    readonly claim: Claim;
    readonly annotator: AnnotatorId;
    readonly reason: string;
  }): Promise<Completion | Refused>;
}

export interface LabelDeskOptions {
  readonly queue: AnnotatorQueue;
  readonly reader: TaskReader;
  /** Says why somebody is given nothing; everybody is admitted where it is left out. */
  readonly admits?: (annotator: AnnotatorId, now: number) => Promise<EdgeminerError | undefined>;
  /** `alwaysShown` where it is left out. */
  readonly preAnnotation?: PreAnnotation;
  readonly labelSetFor: LabelSetFor;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
  readonly newBatchId: () => BatchId;
  /** How long a lease lasts when the annotator does not say. */
  readonly leaseSeconds: number;
  /** Most tasks in one batch. */
  readonly maxBatch: number;
}

export interface DeskLeaseRequest {
  readonly annotator: AnnotatorId;
  readonly limit: number;
  readonly filter: LeaseFilter;
  readonly leaseSeconds?: number | undefined;
  /** Unguessable; the same one again answers with what that batch holds. Made anew if left out. */
  readonly batchId?: BatchId | undefined;
}

export interface DeskLease {
  readonly kind: 'leased';
  readonly batchId: BatchId;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly expiresAt: number;
  readonly tasks: readonly Task[];
}

export interface Renewal {
  readonly kind: 'renewed';
  readonly expiresAt: number;
  readonly renewed: number;
}

/** `already-completed` answers a request that was sent twice. */
export interface Completion {
  readonly kind: 'completed' | 'already-completed';
  readonly task: Task;
}

export interface Refused {
  readonly kind: 'refused';
  readonly fault: EdgeminerError;
}

/** Nobody keeps a task longer than this without renewing, unless the setting says so. */
const longestLeaseSeconds = 86_400;

export function createLabelDesk(options: LabelDeskOptions): LabelDesk {
  const { queue, reader, labelSetFor, now, newBatchId, maxBatch } = options;
  const { admits, preAnnotation = alwaysShown } = options;
  const longest = Math.max(longestLeaseSeconds, options.leaseSeconds);

  return {
    async lease(request) {
      const { annotator, limit, filter, leaseSeconds = options.leaseSeconds } = request;
      const fault = limitFault(limit, maxBatch) ?? durationFault(leaseSeconds, longest);
      if (fault !== undefined) return refused(fault);
      const time = now();
      const stopped = await admits?.(annotator, time);
      if (stopped !== undefined) return refused(stopped);
      const batchId = request.batchId ?? newBatchId();
      const expiresAt = time + leaseSeconds * 1000;
      const tasks = await queue.lease({ batchId, annotator, limit, expiresAt, filter }, time);
      const shown = tasks.map((task) => asAnnotated(task, preAnnotation));
      return { kind: 'leased', batchId, expiresAt, tasks: shown };
    },

    async renew(batchId, annotator, leaseSeconds = options.leaseSeconds) {
      const fault = durationFault(leaseSeconds, longest);
      if (fault !== undefined) return refused(fault);
      const time = now();
      if ((await holderOf(batchId, time)) !== annotator) return refused(noSuchBatch(batchId));
      const expiresAt = time + leaseSeconds * 1000;
      const renewed = await queue.renew(batchId, expiresAt, time);
      return renewed > 0 ? { kind: 'renewed', expiresAt, renewed } : refused(noSuchBatch(batchId));
    },

    async release(batchId, annotator, tasks) {
      const time = now();
      const holder = await holderOf(batchId, time);
      // Released or finished before: a repeated request has nothing left to do.
      if (holder === undefined) return { kind: 'released', released: 0 };
      if (holder !== annotator) return refused(noSuchBatch(batchId));
      return { kind: 'released', released: await queue.release(batchId, tasks, time) };
    },

    async submit({ claim, annotator, body }) {
      const task = await reader.find(claim.taskId);
      if (task === undefined) return refused(noSuchTask(claim.taskId));
      if (!isHolder(task, claim, annotator)) return refused(lost(claim));
      const checked = checkedLabel(task, body, labelSetFor);
      if (checked.kind === 'refused') return checked;
      const { body: said, labelSet } = checked;
      const prediction = againstPrediction(task, said, preAnnotation);
      return complete(claim, { kind: 'label', body: said, labelSet, prediction });
    },

    async skip({ claim, annotator, reason }) {
      const words = reasonIn(reason);
      if (words === undefined) return refused(badReason());
      const task = await reader.find(claim.taskId);
      if (task === undefined) return refused(noSuchTask(claim.taskId));
      if (!isHolder(task, claim, annotator)) return refused(lost(claim));
      return complete(claim, { kind: 'skip', reason: words });
    },
  };

  /** A batch is one annotator's, so any task that it holds tells whose. */
  async function holderOf(batchId: BatchId, time: number): Promise<AnnotatorId | undefined> {
    const [held] = await reader.list({ batchId, state: 'leased' }, { limit: 1 }, time);
    return held?.lease?.annotator;
  }

  async function complete(claim: Claim, verdict: Verdict): Promise<Completion | Refused> {
    const answered = await queue.complete(claim, verdict, now());
    const outcome =
      'task' in answered
        ? { ...answered, task: asAnnotated(answered.task, preAnnotation) }
        : answered;
    switch (outcome.kind) {
      case 'completed':
        return outcome;
      case 'already-completed':
        return saysTheSame(outcome.task, claim, verdict) ? outcome : refused(decided(outcome.task));
      case 'lost':
        return refused(lost(claim));
      case 'unknown-task':
        return refused(noSuchTask(claim.taskId));
    }
  }
}

/**
 * Whether the claim is this annotator's. Who holds it now is settled by `complete`, in one step
 * with the change; this only keeps one annotator from using another's claim.
 */
function isHolder(task: Task, claim: Claim, annotator: AnnotatorId): boolean {
  const answer = answerUnder(claim, task);
  if (answer !== undefined) return answer.annotator === (claim.by ?? annotator);
  return task.lease?.batchId === claim.batchId && task.lease.annotator === annotator;
}

/** Whether the claim has answered just this before. */
function saysTheSame(task: Task, claim: Claim, verdict: Verdict): boolean {
  const answer = answerUnder(claim, task);
  if (answer === undefined) return false;
  if (verdict.kind === 'skip') return 'reason' in answer && answer.reason === verdict.reason;
  return 'body' in answer && isDeepStrictEqual(answer.body, verdict.body);
}

export function refused(fault: EdgeminerError): Refused {
  return { kind: 'refused', fault };
}

function limitFault(limit: number, maxBatch: number): EdgeminerError | undefined {
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxBatch) return undefined;
  return new EdgeminerError('input.invalid', `a batch can't have ${limit} tasks`, {
    field: 'limit',
    mend: `Ask for 1 to ${maxBatch} tasks; queue.maxBatch sets the most.`,
  });
}

function durationFault(seconds: number, longest: number): EdgeminerError | undefined {
  if (seconds > 0 && seconds <= longest) return undefined;
  return new EdgeminerError('input.invalid', `a lease can't last ${seconds} seconds`, {
    field: 'leaseSeconds',
    mend: `Ask for more than 0 and at most ${longest} seconds, and renew the batch in time.`,
  });
}

function badReason(): EdgeminerError {
  return new EdgeminerError('input.invalid', 'a skip needs a reason', {
    field: 'reason',
    mend: `Say why the task can't be labelled, in 1 to ${longestReason} characters.`,
  });
}

function noSuchTask(id: TaskId): EdgeminerError {
  return new EdgeminerError('task.not-found', `there is no task ${id}`, {
    field: 'taskId',
    mend: 'Take task ids from a leased batch or from the list of tasks.',
  });
}

function noSuchBatch(batchId: BatchId): EdgeminerError {
  return new EdgeminerError('batch.not-found', `batch ${batchId} holds no task of yours`, {
    field: 'batchId',
    mend: 'It was finished, released or has expired, or is not yours: lease a new batch.',
  });
}

function lost({ taskId, batchId }: Claim): EdgeminerError {
  return new EdgeminerError('lease.lost', `batch ${batchId} no longer holds task ${taskId}`, {
    field: 'batchId',
    mend: 'The lease expired, was released or was never yours; lease the task again, and renew the batch while you work.',
  });
}

function decided(task: Task): EdgeminerError {
  return new EdgeminerError('lease.lost', `task ${task.id} was answered otherwise before`, {
    mend: 'This claim has given its answer, which stays as it is; read the task to see it.',
  });
}
