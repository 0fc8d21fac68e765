import type { Row } from '@libsql/client';
import { annotatorId } from '../../ids.js';
import type { AnnotatorId } from '../../ids.js';
import { presentPause } from '../../queue/annotator-records.js';
import type { AnnotatorRecord, AnnotatorRecords, Pause } from '../../queue/annotator-records.js';
import { numberIn, textIn } from './columns.js';
import { fromExactJson, toExactJson } from './exact-json.js';
import type { SqliteDatabase, SqliteTransaction } from './sqlite-database.js';

/** Records of annotators in one SQLite file. The connection is its opener's. */
export function sqliteAnnotators(database: SqliteDatabase): AnnotatorRecords {
  return {
    async countTurns(annotator, tasks) {
      const [counted] = await database.write([
        {
          sql: `INSERT INTO annotators (name, turns) VALUES (:annotator, max(0, :tasks))
                ON CONFLICT (name) DO UPDATE SET turns = max(0, turns + :tasks)
                RETURNING turns - :tasks AS before`,
          args: { annotator, tasks },
        },
      ]);
      const [row] = counted?.rows ?? [];
      if (row === undefined) throw new Error('an upsert gave no row back');
      return Math.max(0, numberIn(row, 'before'));
    },

    async find(annotator) {
      const [row] = await database.read({
        sql: 'SELECT * FROM annotators WHERE name = ?',
        args: [annotator],
      });
      return row && rowToRecord(row);
    },

    async list() {
      return (await database.read('SELECT * FROM annotators ORDER BY name')).map(rowToRecord);
    },

    pause: (annotator, { at, reason, lastGood }) =>
      database.transact(async (transaction) => {
        const record = await recordIn(transaction, annotator);
        if (presentPause(record) !== undefined) return record;
        const pause = { at, reason, lastGood, reopened: undefined, resumed: undefined };
        const next = { ...record, pauses: [...record.pauses, pause] };
        await writePauses(transaction, next);
        return next;
      }),

    noteReopened: (annotator, at, tasks) =>
      database.transact(async (transaction) => {
        const record = await recordIn(transaction, annotator);
        const pauses = record.pauses.map((pause) =>
          pause.at === at && pause.reopened === undefined ? { ...pause, reopened: tasks } : pause,
        );
        await writePauses(transaction, { ...record, pauses });
      }),

    resume: (annotator, resumed) =>
      database.transact(async (transaction) => {
        const record = await recordIn(transaction, annotator);
        const pause = presentPause(record);
        if (pause === undefined) return 'not-paused';
        const pauses = [...record.pauses.slice(0, -1), { ...pause, resumed }];
        await writePauses(transaction, { ...record, pauses });
        return 'resumed';
      }),
  };
}

/** The record as it is in the transaction; an empty one of somebody of whom nothing is kept. */
export async function recordIn(
  transaction: SqliteTransaction,
  annotator: AnnotatorId,
): Promise<AnnotatorRecord> {
  const { rows } = await transaction.execute({
    sql: 'SELECT * FROM annotators WHERE name = ?',
    args: [annotator],
  });
  const [row] = rows;
  return row === undefined ? { annotator, turns: 0, pauses: [] } : rowToRecord(row);
}

export async function writePauses(
  transaction: SqliteTransaction,
  { annotator, turns, pauses }: AnnotatorRecord,
): Promise<void> {
  await transaction.execute({
    sql: `INSERT INTO annotators (name, turns, pauses) VALUES (:annotator, :turns, :pauses)
          ON CONFLICT (name) DO UPDATE SET pauses = excluded.pauses`,
    args: { annotator, turns, pauses: toExactJson(pauses) },
  });
}

export function rowToRecord(row: Row): AnnotatorRecord {
  const pauses = fromExactJson(textIn(row, 'pauses')) as readonly Pause[];
  return {
    annotator: annotatorId(textIn(row, 'name')),
    turns: numberIn(row, 'turns'),
    pauses: pauses.map(({ at, reason, lastGood, reopened, resumed }) => ({
      at,
      reason,
      lastGood,
      reopened,
      resumed,
    })),
  };
}
