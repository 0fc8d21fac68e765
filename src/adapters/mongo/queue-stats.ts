import type { Collection } from 'mongodb';
import type { Reason } from '../../decision/decision.js';
import { annotatorId, batchId } from '../../ids.js';
import type { Holding, QueueStats } from '../../queue/relabel-queue.js';
import type { TaskState } from '../../queue/task.js';
import { noTasks, taskStates } from '../../queue/task.js';
import { signalNames } from '../../score/signal.js';
import type { TaskDocument } from './documents.js';
import { indexes, snapshot } from './task-filters.js';

interface Group {
  readonly _id: { readonly state: TaskState; readonly model: string };
  readonly tasks: number;
  readonly oldest: number;
}

/** Walks over indexes; of tasks, only those with duplicates or with a score of one's own are read. */
export async function queueStats(
  tasks: Collection<TaskDocument>,
  now: number,
): Promise<QueueStats> {
  const expired = {
    $and: [{ $eq: ['$state', 'leased'] }, { $lte: ['$lease.expiresAt', now] }],
  };
  const [groups, reasons, [duplicates]] = await Promise.all([
    tasks
      .aggregate<Group>(
        [
          {
            $group: {
              _id: { state: { $cond: [expired, 'pending', '$state'] }, model: '$modelName' },
              tasks: { $sum: 1 },
              oldest: { $min: '$offeredAt' },
            },
          },
        ],
        { ...snapshot, hint: indexes.claimOrder },
      )
      .toArray(),
    tasksByReason(tasks),
    tasks
      .aggregate<{ readonly noted: number }>(
        [
          // Event ids are texts: tasks without a duplicate are passed over in the index.
          { $match: { duplicates: { $gte: '' } } },
          { $group: { _id: null, noted: { $sum: { $size: '$duplicates' } } } },
        ],
        { ...snapshot, hint: indexes.duplicates },
      )
      .toArray(),
  ]);
  const byState = noTasks();
  const byModel = new Map<string, number>();
  let oldestPendingAt: number | undefined;
  for (const { _id, tasks: count, oldest } of groups) {
    byState[_id.state] += count;
    byModel.set(_id.model, (byModel.get(_id.model) ?? 0) + count);
    if (_id.state === 'pending') oldestPendingAt = Math.min(oldestPendingAt ?? Infinity, oldest);
  }
  return {
    byState,
    byReason: Object.fromEntries(reasons.map(({ _id, tasks: count }) => [_id, count])),
    byModel: Object.fromEntries(byModel),
    duplicates: duplicates?.noted ?? 0,
    oldestPendingAt,
  };
}

interface ReasonCount {
  readonly _id: Reason;
  readonly tasks: number;
}

/**
 * Counts in the index, reason by reason, for a walk over all tasks would read gigabytes. Names of
 * scores of one's own are known to the tasks alone: those are read.
 */
async function tasksByReason(tasks: Collection<TaskDocument>): Promise<readonly ReasonCount[]> {
  const state = { $in: [...taskStates] };
  const options = { ...snapshot, hint: indexes.claimOrderByReason };
  const known = [...signalNames, 'control-sample'] as const;
  const counting = known.map(async (reason): Promise<ReasonCount> => {
    const [counted] = await tasks
      .aggregate<{ readonly tasks: number }>(
        [{ $match: { state, 'decision.reasons': reason } }, { $count: 'tasks' }],
        options,
      )
      .toArray();
    return { _id: reason, tasks: counted?.tasks ?? 0 };
  });
  const countingOwn = tasks
    .aggregate<ReasonCount>(
      [
        { $match: { state, 'decision.reasons': /^own:/ } },
        { $project: { reasons: '$decision.reasons' } },
        { $unwind: '$reasons' },
        { $match: { reasons: /^own:/ } },
        { $group: { _id: '$reasons', tasks: { $sum: 1 } } },
      ],
      options,
    )
    .toArray();
  const [own, ...counts] = await Promise.all([countingOwn, ...counting]);
  return [...counts.filter((one) => one.tasks > 0), ...own];
}

/** What is held, by annotator and batch; walks the leased tasks only. */
export async function queueHoldings(
  tasks: Collection<TaskDocument>,
  now: number,
): Promise<readonly Holding[]> {
  const found = await tasks
    .aggregate<Omit<Holding, 'annotator' | 'batchId'> & { readonly _id: Holder }>(
      [
        { $match: { state: 'leased', 'lease.expiresAt': { $gt: now } } },
        {
          $group: {
            _id: { annotator: '$lease.annotator', batch: '$lease.batchId' },
            tasks: { $sum: 1 },
            // An earlier edgeminer did not write when a lease began.
            since: { $min: { $ifNull: ['$lease.leasedAt', '$lease.expiresAt'] } },
            expiresAt: { $min: '$lease.expiresAt' },
          },
        },
        { $sort: { '_id.annotator': 1, since: 1, '_id.batch': 1 } },
      ],
      { ...snapshot, hint: indexes.claimOrder },
    )
    .toArray();
  return found.map(({ _id, tasks: count, since, expiresAt }) => ({
    annotator: annotatorId(_id.annotator),
    batchId: batchId(_id.batch),
    tasks: count,
    since,
    expiresAt,
  }));
}

interface Holder {
  readonly annotator: string;
  readonly batch: string;
}
