import { imageHash, taskId } from '../../ids.js';
import { nextEntry } from '../../queue/audit.js';
import { checkPage } from '../../queue/check-request.js';
import type { ImageUses } from '../../queue/image-uses.js';
import { erasureOf } from '../../queue/task-eraser.js';
import type { TaskEraser } from '../../queue/task-eraser.js';
import type { TaskState } from '../../queue/task.js';
import { insertEntry, rowsToChains } from './audit-rows.js';
import { numberIn, textIn } from './columns.js';
import { keyOf } from './persons.js';
import type { SqliteDatabase } from './sqlite-database.js';
import { headIn, rowToStanding } from './task-rows.js';

export function sqliteEraser(database: SqliteDatabase): TaskEraser & ImageUses {
  return {
    erase: (ids, order, now) =>
      database.transact(async (transaction) => {
        // Else what was deleted stays readable in the file until its page is used again.
        await transaction.execute('PRAGMA secure_delete = ON');
        const { rows } = await transaction.execute({
          sql: 'SELECT * FROM tasks WHERE id IN (SELECT value FROM json_each(?))',
          args: [JSON.stringify(ids)],
        });
        if (rows.length === 0) return [];
        const actor = await keyOf(transaction, order.by);
        for (const row of rows) {
          const id = taskId(textIn(row, 'id'));
          const transition = erasureOf(rowToStanding(row), order);
          const last = nextEntry(headIn(row), { taskId: id, actor, at: now, transition });
          await transaction.batch([
            insertEntry(last),
            {
              sql: `INSERT INTO closed_trails (task_id, audit_seq, audit_hash)
                    VALUES (:id, :seq, :hash)`,
              args: { id, seq: last.seq, hash: last.hash },
            },
            {
              sql: `DELETE FROM near_duplicates WHERE model_name = :model AND source_id = :source
                      AND event_id IN (SELECT value FROM json_each(:duplicates))`,
              args: {
                model: textIn(row, 'model_name'),
                source: textIn(row, 'source_id'),
                duplicates: textIn(row, 'duplicates'),
              },
            },
            { sql: 'DELETE FROM tasks WHERE id = :id', args: { id } },
            { sql: 'DELETE FROM outbox WHERE subject = :id', args: { id } },
            // Before the trials go, which say whom these messages are about.
            {
              sql: `DELETE FROM outbox WHERE event = 'gold.failed' AND instr(body, :id)
                      AND subject IN (SELECT key FROM persons WHERE name IN
                        (SELECT annotator FROM gold_trials WHERE gold = :id))`,
              args: { id },
            },
            { sql: 'DELETE FROM gold_trials WHERE gold = :id', args: { id } },
            { sql: 'DELETE FROM gold_tasks WHERE task_id = :id', args: { id } },
          ]);
        }
        return rows.map((row) => taskId(textIn(row, 'id')));
      }),

    async closedTrails({ after = '', limit }) {
      checkPage({ limit });
      const page = 'SELECT task_id FROM closed_trails WHERE task_id > ? ORDER BY task_id LIMIT ?';
      const args = [after, limit];
      const [closed, entries] = await database.readTogether([
        { sql: `SELECT * FROM closed_trails WHERE task_id IN (${page}) ORDER BY task_id`, args },
        { sql: `SELECT * FROM audit WHERE task_id IN (${page}) ORDER BY task_id, seq`, args },
      ]);
      const chains = rowsToChains(entries?.rows ?? []);
      return (closed?.rows ?? []).map((row) => {
        const id = taskId(textIn(row, 'task_id'));
        return { taskId: id, head: headIn(row), entries: chains.get(id) ?? [] };
      });
    },

    async usesOf(hashes) {
      const rows = await database.read({
        sql: `SELECT json_extract(event, '$.image.hash') AS hash, id, state, offered_at,
                coalesce((SELECT at FROM audit WHERE task_id = tasks.id AND seq = audit_seq),
                  offered_at) AS changed_at,
                EXISTS (SELECT 1 FROM gold_tasks WHERE task_id = tasks.id AND retired_at IS NULL)
                  AS gold
              FROM tasks
              WHERE json_extract(event, '$.image.hash') IN (SELECT value FROM json_each(?))`,
        args: [JSON.stringify(hashes)],
      });
      return rows.map((row) => ({
        hash: imageHash(textIn(row, 'hash')),
        taskId: taskId(textIn(row, 'id')),
        state: textIn(row, 'state') as TaskState,
        changedAt: numberIn(row, 'changed_at'),
        gold: numberIn(row, 'gold') === 1,
      }));
    },
  };
}
