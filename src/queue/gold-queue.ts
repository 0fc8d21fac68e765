import type { AnnotatorId, BatchId, TaskId } from '../ids.js';
import { markGold } from '../label/agreement/gold-answer.js';
import type { AccuracyFloor } from '../label/agreement/annotator-quality.js';
import type { GoldRule } from '../label/agreement/gold-draw.js';
import type { AnnotatorRecords } from './annotator-records.js';
import type { LabelSetFor } from './checked-label.js';
import { drawTrials, goldTurns, trialsToGive } from './gold-draws.js';
import { goldFailure } from './gold-failure.js';
import { trialAsTask } from './gold.js';
import type { GoldTask, GoldTrial } from './gold.js';
import type { GoldStore } from './gold-store.js';
import type { LeaseRequest, RelabelQueue, TaskReader } from './relabel-queue.js';
import type { QueueRules } from './rules.js';
import type { Task } from './task.js';
import { byClaimOrder, complete, isHeldBy, lease, release, renew, seenAt } from './transitions.js';
import type { TaskStanding } from './transitions.js';

/** What annotators do to the queue. */
export type AnnotatorQueue = Pick<RelabelQueue, 'lease' | 'renew' | 'complete' | 'release'>;

export interface GoldQueueOptions {
  readonly queue: AnnotatorQueue;
  readonly reader: TaskReader;
  readonly golds: GoldStore;
  readonly records: Pick<AnnotatorRecords, 'countTurns'>;
  readonly labelSetFor: LabelSetFor;
  readonly rules: Pick<QueueRules, 'settle' | 'skipsToEnd'>;
  readonly shares: Omit<GoldRule, 'seed'>;
  /** What pauses an annotator, together with the answer that does. */
  readonly floor: AccuracyFloor;
  /** Unguessable; used once for each store. */
  readonly newSecret: () => string;
  /** Called after an annotator answered a gold task. */
  readonly answered: (annotator: AnnotatorId, now: number) => Promise<void>;
}

/**
 * The queue as annotators have it: some of the tasks that they lease are trials of gold tasks, and
 * every method does the same with both, by the same state machine.
 */
export function goldQueue(options: GoldQueueOptions): AnnotatorQueue {
  const { queue, reader, golds, records, rules, shares, floor, newSecret, answered } = options;
  let secret: string | undefined;

  return {
    async lease(request, now) {
      const { annotator, batchId, limit } = request;
      const all = await golds.golds();
      if (all.length === 0) return queue.lease(request, now);
      const inUse = all.filter((gold) => gold.retiredAt === undefined);
      const held = await heldTrials(batchId, now);
      // The same batch again gets no more trials than it has.
      if (inUse.length === 0 || held.length > 0) {
        if (held.length >= limit) return asTasks(held, now);
        const tasks = await queue.lease({ ...request, limit: limit - held.length }, now);
        return [...tasks, ...(await asTasks(held, now))].toSorted(byClaimOrder);
      }
      const turn = await records.countTurns(annotator, limit);
      let given = 0;
      try {
        const tasks = await leaseBoth(request, { turn, inUse }, now);
        given = tasks.length;
        return tasks;
      } finally {
        if (given < limit) await records.countTurns(annotator, given - limit);
      }
    },

    async renew(batchId, expiresAt, now) {
      const renewed = await queue.renew(batchId, expiresAt, now);
      const trials = await change(batchId, now, (standing) => {
        const outcome = renew(standing, { batchId, expiresAt }, now);
        return outcome.kind === 'renewed' ? outcome.standing : undefined;
      });
      return renewed + trials.length;
    },

    async release(batchId, tasks, now) {
      const released = await queue.release(batchId, tasks, now);
      const trials = await change(batchId, now, (standing, id) => {
        if (tasks !== 'all' && !tasks.includes(id)) return undefined;
        const outcome = release(standing, batchId, now);
        return outcome.kind === 'released' ? outcome.standing : undefined;
      });
      return released + trials.length;
    },

    async complete(claim, verdict, now) {
      const own = await queue.complete(claim, verdict, now);
      // Most are the queue's own; a trial is not known there.
      if (own.kind !== 'unknown-task') return own;
      for (;;) {
        const trial = await golds.find(claim.taskId);
        const original = trial && (await reader.find(trial.gold));
        if (trial === undefined || original === undefined) return own;
        const outcome = complete(trial.standing, claim, verdict, { rules, now });
        if (outcome.kind === 'lost') return { kind: 'lost' };
        if (outcome.kind === 'already-completed') {
          // What followed from the first answer may have been broken off.
          await answered(trial.annotator, now);
          return { kind: 'already-completed', task: seenAt(trialAsTask(trial, original), now) };
        }
        const next = { ...trial, standing: outcome.standing };
        const marks = verdict.kind === 'label' ? await marksOf(trial, verdict.body) : trial.marks;
        const failed = verdict.kind === 'label' && marks?.right === false;
        const failure = failed ? goldFailure(floor, now) : undefined;
        if (!(await golds.save({ ...next, marks }, failure))) continue;
        await answered(trial.annotator, now);
        return { kind: 'completed', task: trialAsTask(next, original) };
      }
    },
  };

  async function leaseBoth(
    request: LeaseRequest,
    { turn, inUse }: { readonly turn: number; readonly inUse: readonly GoldTask[] },
    now: number,
  ): Promise<readonly Task[]> {
    const { annotator, limit, filter } = request;
    const seed = secret ?? (await golds.secret(newSecret()));
    secret = seed;
    const turns = goldTurns(annotator, { turn, count: limit }, { ...shares, seed });
    const most = turns.filter((gold) => gold).length;
    const drawn =
      most === 0
        ? []
        : await drawTrials(options, { annotator, inUse, filter, most, secret: seed, now });
    const room = limit - drawn.length;
    const tasks = room === 0 ? [] : await queue.lease({ ...request, limit: room }, now);
    const empty =
      room === 0
        ? (await reader.list({ ...filter, state: 'pending' }, { limit: 1 }, now)).length === 0
        : tasks.length === 0;
    const count = empty ? 0 : trialsToGive(turns, { trials: drawn.length, tasks: tasks.length });
    const trials: GoldTrial[] = [];
    for (const trial of drawn.slice(0, count)) {
      const outcome = lease(trial.standing, request, now);
      if (outcome.kind !== 'leased') continue;
      const next = { ...trial, standing: outcome.standing };
      // Somebody of the same name may have been given it at this moment.
      if (await golds.save(next)) trials.push(next);
    }
    const more =
      trials.length === count
        ? tasks
        : await queue.lease({ ...request, limit: limit - trials.length }, now);
    return [...more, ...(await asTasks(trials, now))].toSorted(byClaimOrder);
  }

  async function heldTrials(batchId: BatchId, now: number): Promise<readonly GoldTrial[]> {
    const trials = await golds.trials({ batchId });
    return trials.filter(({ standing }) => isHeldBy(batchId, standing, now));
  }

  async function asTasks(trials: readonly GoldTrial[], now: number): Promise<readonly Task[]> {
    return trialTasks(trials, reader, now);
  }

  /** Changes what the batch holds; each trial until it is done or no longer held. */
  async function change(
    batchId: BatchId,
    now: number,
    next: (standing: TaskStanding, id: TaskId) => TaskStanding | undefined,
  ): Promise<readonly TaskId[]> {
    const changed: TaskId[] = [];
    for (const { id } of await heldTrials(batchId, now)) {
      for (;;) {
        const trial = await golds.find(id);
        const standing = trial && next(trial.standing, id);
        if (trial === undefined || standing === undefined) break;
        if (!(await golds.save({ ...trial, standing }))) continue;
        changed.push(id);
        break;
      }
    }
    return changed;
  }

  async function marksOf(trial: GoldTrial, body: Parameters<typeof markGold>[0]) {
    const gold = (await golds.golds()).find(({ task }) => task === trial.gold);
    return gold === undefined ? undefined : markGold(body, gold.body);
  }
}

/** Trials as tasks; those whose picture is gone are left out. */
export async function trialTasks(
  trials: readonly GoldTrial[],
  reader: Pick<TaskReader, 'find'>,
  now: number,
): Promise<readonly Task[]> {
  const tasks: Task[] = [];
  for (const trial of trials) {
    const original = await reader.find(trial.gold);
    if (original !== undefined) tasks.push(seenAt(trialAsTask(trial, original), now));
  }
  return tasks;
}
