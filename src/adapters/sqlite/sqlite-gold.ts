import type { InStatement, Row } from '@libsql/client';
import { annotatorId, taskId } from '../../ids.js';
import type { GoldTask, GoldTrial } from '../../queue/gold.js';
import { nobody } from '../../notice/notice.js';
import type { Subscribers } from '../../notice/notice.js';
import { failureNotice } from '../../queue/gold-failure.js';
import type { GoldFailure } from '../../queue/gold-failure.js';
import type { GoldStore } from '../../queue/gold-store.js';
import { numberIn, textIn } from './columns.js';
import { fromExactJson, toExactJson } from './exact-json.js';
import { keyOf } from './persons.js';
import { recordIn, writePauses } from './sqlite-annotators.js';
import type { SqliteDatabase, SqliteTransaction } from './sqlite-database.js';
import { announce } from './sqlite-outbox.js';
import { all } from './task-conditions.js';

/** Gold tasks and their trials in one SQLite file. The connection is its opener's. */
export function sqliteGold(database: SqliteDatabase, subscribers: Subscribers = nobody): GoldStore {
  return {
    async secret(made) {
      const [kept] = await database.write([
        {
          sql: `INSERT INTO secrets (name, value) VALUES ('gold', :made)
                ON CONFLICT (name) DO UPDATE SET value = value RETURNING value`,
          args: { made },
        },
      ]);
      const [row] = kept?.rows ?? [];
      if (row === undefined) throw new Error('an upsert gave no row back');
      return textIn(row, 'value');
    },

    async add(gold) {
      const { task } = gold;
      const [changed] = await database.write([
        {
          sql: `INSERT INTO gold_tasks (task_id, gold) VALUES (:task, :gold)
                ON CONFLICT (task_id) DO UPDATE SET gold = excluded.gold, retired_at = NULL
                WHERE retired_at IS NOT NULL`,
          args: { task, gold: goldJson(gold) },
        },
      ]);
      return changed?.rowsAffected === 1 ? 'added' : 'in-use';
    },

    retire: (task, now) =>
      database.transact(async (transaction) => {
        const { rowsAffected } = await transaction.execute({
          sql: 'UPDATE gold_tasks SET retired_at = ? WHERE task_id = ? AND retired_at IS NULL',
          args: [now, task],
        });
        if (rowsAffected === 1) return 'retired';
        const { rows } = await transaction.execute({
          sql: 'SELECT 1 FROM gold_tasks WHERE task_id = ?',
          args: [task],
        });
        return rows.length === 1 ? 'unchanged' : 'unknown';
      }),

    async golds() {
      return (await database.read('SELECT * FROM gold_tasks ORDER BY task_id')).map(rowToGold);
    },

    async find(id) {
      const [row] = await database.read({
        sql: 'SELECT * FROM gold_trials WHERE id = ?',
        args: [id],
      });
      return row && rowToTrial(row);
    },

    async trials({ annotator, batchId }) {
      const wanted = all([
        ...(annotator === undefined
          ? []
          : [{ sql: 'annotator = :annotator', args: { annotator } }]),
        ...(batchId === undefined ? [] : [{ sql: 'batch_id = :batchId', args: { batchId } }]),
      ]);
      const rows = await database.read({
        sql: `SELECT * FROM gold_trials WHERE ${wanted.sql} ORDER BY id`,
        args: { ...wanted.args },
      });
      return rows.map(rowToTrial);
    },

    async save(trial, failure) {
      if (failure === undefined) {
        const [changed] = await database.write([saveTrial(trial)]);
        return changed?.rowsAffected === 1;
      }
      return database.transact(async (transaction) => {
        const { rowsAffected } = await transaction.execute(saveTrial(trial));
        if (rowsAffected === 0) return false;
        await storeFailure(transaction, trial, failure, subscribers);
        return true;
      });
    },
  };
}

/** What follows from a wrong answer that the transaction has stored already. */
async function storeFailure(
  transaction: SqliteTransaction,
  trial: GoldTrial,
  { at, pauseFor }: GoldFailure,
  subscribers: Subscribers,
): Promise<void> {
  const { annotator } = trial;
  const { rows: trials } = await transaction.execute({
    sql: 'SELECT * FROM gold_trials WHERE annotator = ?',
    args: [annotator],
  });
  const record = await recordIn(transaction, annotator);
  const pause = pauseFor(trials.map(rowToTrial), record);
  if (pause !== undefined) {
    const begun = { ...pause, reopened: undefined, resumed: undefined };
    await writePauses(transaction, { ...record, pauses: [...record.pauses, begun] });
  }
  const key = await keyOf(transaction, annotator);
  const { rows } = await transaction.execute({
    sql: `UPDATE persons SET gold_failures = gold_failures + 1 WHERE key = ?
          RETURNING gold_failures`,
    args: [key],
  });
  const [row] = rows;
  if (row === undefined) throw new Error('a person of a moment ago is gone');
  const told = { sequence: numberIn(row, 'gold_failures'), paused: pause !== undefined };
  await transaction.batch(announce(failureNotice(trial, key, told), subscribers, at));
}

export function saveTrial(trial: GoldTrial): InStatement {
  const { id, gold, annotator, standing, marks, revision } = trial;
  const args = {
    id,
    gold,
    annotator,
    batch: standing.lease?.batchId ?? null,
    trial: toExactJson({ standing, marks } satisfies TrialRest),
    revision,
  };
  return revision === 0
    ? {
        sql: `INSERT INTO gold_trials (id, gold, annotator, batch_id, revision, trial)
              VALUES (:id, :gold, :annotator, :batch, :revision + 1, :trial)
              ON CONFLICT (id) DO NOTHING`,
        args,
      }
    : {
        sql: `UPDATE gold_trials SET gold = :gold, annotator = :annotator, batch_id = :batch,
                revision = :revision + 1, trial = :trial
              WHERE id = :id AND revision = :revision`,
        args,
      };
}

type TrialRest = Pick<GoldTrial, 'standing' | 'marks'>;

export function rowToTrial(row: Row): GoldTrial {
  const { standing, marks } = fromExactJson(textIn(row, 'trial')) as TrialRest;
  const { lease, label } = standing;
  return {
    id: taskId(textIn(row, 'id')),
    gold: taskId(textIn(row, 'gold')),
    annotator: annotatorId(textIn(row, 'annotator')),
    standing: { ...standing, lease, label },
    marks,
    revision: numberIn(row, 'revision'),
  };
}

/** What of a gold task has no column. */
export function goldJson({ body, labelSet, facts, seenBy, addedBy, addedAt }: GoldTask): string {
  const rest: GoldRest = { body, labelSet, facts, seenBy, addedBy, addedAt };
  return toExactJson(rest);
}

type GoldRest = Omit<GoldTask, 'task' | 'retiredAt'>;

export function rowToGold(row: Row): GoldTask {
  const rest = fromExactJson(textIn(row, 'gold')) as GoldRest;
  const { topClass, project } = rest.facts;
  return {
    ...rest,
    facts: { ...rest.facts, topClass, project },
    task: taskId(textIn(row, 'task_id')),
    retiredAt: row['retired_at'] === null ? undefined : numberIn(row, 'retired_at'),
  };
}
