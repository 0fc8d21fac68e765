import type { AnnotatorId, TaskId } from '../../ids.js';
import type { Governed, TaskGovernor } from '../../queue/task-governor.js';
import { adjudicate, cancel, requeue, seenAt } from '../../queue/transitions.js';
import type { Step, TaskStanding } from '../../queue/transitions.js';
import { keyOf } from './persons.js';
import type { SqliteDatabase } from './sqlite-database.js';
import { rowToTask, storeStep } from './task-rows.js';

type Decided = ({ readonly kind: 'done' } & Step) | { readonly kind: 'unchanged' | 'refused' };

export function sqliteGovernor(database: SqliteDatabase): TaskGovernor {
  const govern = (
    { id, by, now }: { readonly id: TaskId; readonly by: AnnotatorId; readonly now: number },
    decide: (standing: TaskStanding) => Decided,
  ): Promise<Governed> =>
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
      await transaction.batch(storeStep(row, outcome, { actor, at: now }));
      return { kind: 'done', task: { ...task, ...outcome.standing } };
    });

  return {
    adjudicate: (id, ruling, now) =>
      govern({ id, by: ruling.by, now }, (standing) => adjudicate(standing, ruling, now)),
    requeue: (id, order, now) =>
      govern({ id, by: order.by, now }, (standing) => requeue(standing, order)),
    cancel: (id, order, now) =>
      govern({ id, by: order.by, now }, (standing) => cancel(standing, order)),
  };
}
