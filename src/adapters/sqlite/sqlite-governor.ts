import type { Subscribers } from '../../notice/notice.js';
import { governorBy } from '../../queue/govern.js';
import type { TaskGovernor } from '../../queue/task-governor.js';
import { noticeOf } from '../../queue/task-notices.js';
import { seenAt } from '../../queue/transitions.js';
import { keyOf } from './persons.js';
import type { SqliteDatabase } from './sqlite-database.js';
import { announce } from './sqlite-outbox.js';
import { headIn, rowToTask, storeStep } from './task-rows.js';

export function sqliteGovernor(database: SqliteDatabase, subscribers: Subscribers): TaskGovernor {
  return governorBy(({ id, by, now }, decide) =>
    database.transact(async (transaction) => {
      const { rows } = await transaction.execute({
        sql: 'SELECT * FROM tasks WHERE id = ?',
        args: [id],
      });
      const [row] = rows;
      if (row === undefined) return { kind: 'unknown-task' };
      const task = rowToTask(row);
      const outcome = decide(task);
      if (outcome.kind !== 'done') return { kind: outcome.kind, task: seenAt(task, now) };
      const actor = await keyOf(transaction, by);
      const notice = noticeOf(task, outcome.transition, headIn(row).seq + 1);
      await transaction.batch([
        ...storeStep(row, outcome, { actor, at: now }),
        ...announce(notice, subscribers, now),
      ]);
      return { kind: 'done', task: { ...task, ...outcome.standing } };
    }),
  );
}
