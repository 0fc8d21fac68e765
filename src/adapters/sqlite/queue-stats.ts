import type { Reason } from '../../decision/decision.js';
import { annotatorId, batchId } from '../../ids.js';
import type { Holding, QueueStats } from '../../queue/relabel-queue.js';
import { noTasks } from '../../queue/task.js';
import type { TaskState } from '../../queue/task.js';
import { numberIn, textIn } from './columns.js';
import type { SqliteDatabase } from './sqlite-database.js';

export async function queueStats(database: SqliteDatabase, now: number): Promise<QueueStats> {
  const [groups, reasons, duplicates] = await database.readTogether([
    {
      sql: `SELECT iif(state = 'leased' AND expires_at <= :now, 'pending', state) AS seen,
              model_name, count(*) AS tasks, min(offered_at) AS oldest
            FROM tasks GROUP BY seen, model_name`,
      args: { now },
    },
    `SELECT reason.value AS reason, count(*) AS tasks
     FROM tasks, json_each(tasks.reasons) AS reason GROUP BY reason.value`,
    'SELECT coalesce(sum(json_array_length(duplicates)), 0) AS noted FROM tasks',
  ]);
  const byState = noTasks();
  const byModel = new Map<string, number>();
  let oldestPendingAt: number | undefined;
  for (const row of groups?.rows ?? []) {
    const state = textIn(row, 'seen') as TaskState;
    const model = textIn(row, 'model_name');
    const count = numberIn(row, 'tasks');
    byState[state] += count;
    byModel.set(model, (byModel.get(model) ?? 0) + count);
    if (state === 'pending') {
      oldestPendingAt = Math.min(oldestPendingAt ?? Infinity, numberIn(row, 'oldest'));
    }
  }
  const byReason: Partial<Record<Reason, number>> = {};
  for (const row of reasons?.rows ?? []) {
    byReason[textIn(row, 'reason') as Reason] = numberIn(row, 'tasks');
  }
  const [noted] = duplicates?.rows ?? [];
  return {
    byState,
    byReason,
    byModel: Object.fromEntries(byModel),
    duplicates: noted === undefined ? 0 : numberIn(noted, 'noted'),
    oldestPendingAt,
  };
}

/** What is held, by annotator and batch. */
export async function queueHoldings(
  database: SqliteDatabase,
  now: number,
): Promise<readonly Holding[]> {
  const rows = await database.read({
    // An earlier edgeminer did not write when a lease began.
    sql: `SELECT annotator, batch_id, count(*) AS tasks,
            min(coalesce(leased_at, expires_at)) AS since, min(expires_at) AS expires
          FROM tasks WHERE state = 'leased' AND expires_at > :now
          GROUP BY annotator, batch_id ORDER BY annotator, since, batch_id`,
    args: { now },
  });
  return rows.map((row) => ({
    annotator: annotatorId(textIn(row, 'annotator')),
    batchId: batchId(textIn(row, 'batch_id')),
    tasks: numberIn(row, 'tasks'),
    since: numberIn(row, 'since'),
    expiresAt: numberIn(row, 'expires'),
  }));
}
