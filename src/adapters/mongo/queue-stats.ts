import type { Collection } from 'mongodb';
import type { Reason } from '../../decision/decision.js';
import type { QueueStats } from '../../queue/relabel-queue.js';
import type { TaskState } from '../../queue/task.js';
import type { TaskDocument } from './documents.js';
import { indexes, snapshot } from './task-filters.js';

interface Group {
  readonly _id: { readonly state: TaskState; readonly model: string };
  readonly tasks: number;
  readonly oldest: number;
}

/** One walk over the index in claim order, and one over the tasks. */
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
    tasks
      .aggregate<{ readonly _id: Reason; readonly tasks: number }>(
        [
          { $project: { reasons: '$decision.reasons' } },
          { $unwind: '$reasons' },
          { $group: { _id: '$reasons', tasks: { $sum: 1 } } },
        ],
        snapshot,
      )
      .toArray(),
    tasks
      .aggregate<{ readonly noted: number }>(
        [{ $group: { _id: null, noted: { $sum: { $size: '$duplicates' } } } }],
        snapshot,
      )
      .toArray(),
  ]);
  const byState: Record<TaskState, number> = { pending: 0, leased: 0, labelled: 0, skipped: 0 };
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
