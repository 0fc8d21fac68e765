import type { Row } from '@libsql/client';
import { labelSetFromText, labelSetText } from '../../label/label-set.js';
import { recordAgainst } from '../../label/label-set-store.js';
import type { LabelSetStore, RecordedLabelSet } from '../../label/label-set-store.js';
import { numberIn, textIn } from './columns.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** Label sets in the table `label_sets`. The connection is its opener's. */
export function sqliteLabelSets(database: SqliteDatabase): LabelSetStore {
  async function bodyOf(name: string, version: number): Promise<string | undefined> {
    const [row] = await database.read({
      sql: 'SELECT body FROM label_sets WHERE name = ? AND version = ?',
      args: [name, version],
    });
    return row === undefined ? undefined : textIn(row, 'body');
  }

  return {
    async record(labelSet, now) {
      const { name, version } = labelSet;
      const body = labelSetText(labelSet);
      const known = await bodyOf(name, version);
      if (known !== undefined) return recordAgainst(labelSet, known);
      const [written] = await database.write([
        {
          sql: `INSERT INTO label_sets (name, version, recorded_at, body) VALUES (?, ?, ?, ?)
                ON CONFLICT (name, version) DO NOTHING`,
          args: [name, version, now, body],
        },
      ]);
      if (written?.rowsAffected === 1) return { kind: 'recorded' };
      // Another process was first.
      return recordAgainst(labelSet, (await bodyOf(name, version)) ?? body);
    },

    async find(name, version) {
      const body = await bodyOf(name, version);
      return body === undefined ? undefined : labelSetFromText(body);
    },

    async list(name) {
      const rows = await database.read({
        sql: `SELECT body, recorded_at FROM label_sets WHERE :name IS NULL OR name = :name
              ORDER BY name, version DESC`,
        args: { name: name ?? null },
      });
      return rows.map(recordedIn);
    },

    async close() {
      // The connection is its opener's.
    },
  };
}

function recordedIn(row: Row): RecordedLabelSet {
  return {
    labelSet: labelSetFromText(textIn(row, 'body')),
    recordedAt: numberIn(row, 'recorded_at'),
  };
}
