import type { AnnotatorId, TaskId } from '../ids.js';
import { hasHandled, leaseFacts, trialAsTask } from './gold.js';
import type { GoldTask, GoldTrial } from './gold.js';
import { trialTasks } from './gold-queue.js';
import type { GoldStore } from './gold-store.js';
import { matchesFilter } from './matches-filter.js';
import type { Holding, Page, TaskFilter, TaskReader } from './relabel-queue.js';
import { stateAt } from './task.js';
import type { Task } from './task.js';
import { isHeldBy, seenAt } from './transitions.js';

type Golds = Pick<GoldStore, 'golds' | 'trials' | 'find'>;

/**
 * The queue as those see it who know of gold tasks: trials are found by their ids and are among
 * what a batch or a person holds; lists and counts are of the queue's own tasks.
 */
export function staffReader(reader: TaskReader, golds: Golds): TaskReader {
  return {
    find: (id) => findEither(id, reader, golds),

    async list(filter, page, now) {
      const tasks = await reader.list(filter, page, now);
      if (filter.batchId === undefined) return tasks;
      const trials = await golds.trials({ batchId: filter.batchId });
      return withTrials(tasks, trials, { filter, page, now }, reader);
    },

    stats: (now) => reader.stats(now),

    async holdings(now) {
      const held = new Map<string, Holding>();
      for (const holding of await reader.holdings(now)) held.set(keyOf(holding), holding);
      for (const { annotator, standing } of await golds.trials({})) {
        const { lease } = standing;
        if (lease === undefined || !isHeldBy(lease.batchId, standing, now)) continue;
        const { batchId, leasedAt, expiresAt } = lease;
        const one = { annotator, batchId, tasks: 1, since: leasedAt, expiresAt };
        const key = keyOf(one);
        const others = held.get(key);
        held.set(key, others === undefined ? one : together(one, others));
      }
      return [...held.values()].sort(
        (a, b) =>
          compare(a.annotator, b.annotator) || a.since - b.since || compare(a.batchId, b.batchId),
      );
    },
  };
}

/**
 * The queue as one annotator sees it: their trials are tasks like any other, and the gold tasks
 * behind them, and those that they may still be given, are not there. So no picture is met twice,
 * and the counts stay what they would be if each gold task were an open task of theirs.
 */
export function annotatorReader(
  annotator: AnnotatorId,
  reader: TaskReader,
  golds: Golds,
): TaskReader {
  const staff = staffReader(reader, golds);
  return {
    async find(id) {
      const task = await findEither(id, reader, golds);
      if (task === undefined || hasHandled(annotator, task)) return task;
      return (await own()).hidden.has(id) ? undefined : task;
    },

    async list(filter, page, now) {
      const { hidden, trials } = await own();
      const tasks: Task[] = [];
      let after = page.after;
      while (tasks.length < page.limit) {
        const found = await reader.list(
          filter,
          { limit: page.limit, ...(after === undefined ? {} : { after }) },
          now,
        );
        tasks.push(...found.filter((task) => !hidden.has(task.id) || hasHandled(annotator, task)));
        after = found.at(-1)?.id;
        if (found.length < page.limit) break;
      }
      return withTrials(tasks, trials, { filter, page, now }, reader);
    },

    async stats(now) {
      const stats = await reader.stats(now);
      const { hidden, trials } = await own();
      const byState = { ...stats.byState };
      const met = new Set(trials.map(({ gold }) => gold));
      byState.labelled = Math.max(0, byState.labelled - hidden.size);
      // Those that may still come.
      byState.pending += hidden.size - met.size;
      for (const { standing } of trials) byState[stateAt(standing, now)] += 1;
      return { ...stats, byState };
    },

    holdings: (now) => staff.holdings(now),
  };

  /** The annotator's trials, and the tasks that must not be seen beside them. */
  async function own() {
    const [all, trials] = [await golds.golds(), await golds.trials({ annotator })];
    const hidden: ReadonlySet<TaskId> = new Set([
      ...trials.map(({ gold }) => gold),
      ...all.filter((gold) => mayGet(annotator, gold)).map(({ task }) => task),
    ]);
    return { hidden, trials };
  }
}

function mayGet(annotator: AnnotatorId, { retiredAt, seenBy }: GoldTask): boolean {
  return retiredAt === undefined && !seenBy.includes(annotator);
}

async function findEither(
  id: TaskId,
  reader: Pick<TaskReader, 'find'>,
  golds: Golds,
): Promise<Task | undefined> {
  const task = await reader.find(id);
  if (task !== undefined) return task;
  const trial = await golds.find(id);
  const original = trial && (await reader.find(trial.gold));
  return trial && original && trialAsTask(trial, original);
}

/** A page of tasks with the trials that belong on it. No task is read for those of other pages. */
async function withTrials(
  tasks: readonly Task[],
  trials: readonly GoldTrial[],
  { filter, page, now }: { readonly filter: TaskFilter; readonly page: Page; readonly now: number },
  reader: Pick<TaskReader, 'find'>,
): Promise<readonly Task[]> {
  const { after, limit } = page;
  const shown: Task[] = [];
  for (const trial of trials) {
    if (shown.length === limit) break;
    if (after !== undefined && trial.id <= after) continue;
    const asTasks = await trialTasks([trial], reader, now);
    shown.push(...asTasks.filter((task) => shows(task, filter, now)));
  }
  return [...tasks, ...shown].sort((a, b) => compare(a.id, b.id)).slice(0, limit);
}

/** The filter of a list, held against a trial as it is seen at `now`. */
function shows(task: Task, filter: TaskFilter, now: number): boolean {
  const { state, batchId, opinionBy } = filter;
  return (
    matchesFilter(leaseFacts(task), filter) &&
    (state === undefined || stateAt(task, now) === state) &&
    (batchId === undefined || seenAt(task, now).lease?.batchId === batchId) &&
    (opinionBy === undefined || task.opinions.some((one) => one.annotator === opinionBy))
  );
}

function keyOf({ annotator, batchId }: Holding): string {
  return JSON.stringify([annotator, batchId]);
}

function together(one: Holding, other: Holding): Holding {
  return {
    ...one,
    tasks: one.tasks + other.tasks,
    since: Math.min(one.since, other.since),
    expiresAt: Math.min(one.expiresAt, other.expiresAt),
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
