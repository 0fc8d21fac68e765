import type { BatchId } from '../../ids.js';
import type { Subscribers } from '../../notice/notice.js';
import { numberIn } from './columns.js';
import type { SqliteTransaction } from './sqlite-database.js';
import { announce } from './sqlite-outbox.js';
import { heldBy } from './task-conditions.js';

/**
 * Counts one more answer under the batch, and tells of its end where nothing is held under it any
 * more. For the transaction that has stored the answer already.
 */
export async function countAnswer(
  transaction: SqliteTransaction,
  batchId: BatchId,
  { subscribers, now }: { readonly subscribers: Subscribers; readonly now: number },
): Promise<void> {
  if (subscribers('batch.completed').length === 0) return;
  const { rows: counted } = await transaction.execute({
    sql: `INSERT INTO batch_answers (batch_id, answered) VALUES (:batchId, 1)
          ON CONFLICT (batch_id) DO UPDATE SET answered = answered + 1 RETURNING answered`,
    args: { batchId },
  });
  const held = heldBy(batchId, now);
  const { rows } = await transaction.execute({
    sql: `SELECT 1 FROM tasks WHERE ${held.sql} LIMIT 1`,
    args: { ...held.args },
  });
  const [count] = counted;
  if (rows.length > 0 || count === undefined) return;
  const answered = numberIn(count, 'answered');
  await transaction.batch(
    announce(
      { event: 'batch.completed', sequence: answered, data: { batchId, answered } },
      subscribers,
      now,
    ),
  );
}
