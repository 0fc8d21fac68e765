import type { InStatement, Row } from '@libsql/client';
import type { CuratedItem, CuratedSet } from '../../curate/curated-set.js';
import type { CuratedSetStore } from '../../curate/curated-set-store.js';
import { verifyCuratedSet } from '../../curate/snapshot.js';
import { publicationOf } from '../../curate/publication.js';
import { curatedSetVersion } from '../../ids.js';
import type { CuratedSetVersion } from '../../ids.js';
import { nobody } from '../../notice/notice.js';
import type { Subscribers } from '../../notice/notice.js';
import { numberIn, textIn } from './columns.js';
import { fromExactJson, toExactJson } from './exact-json.js';
import type { SqliteDatabase } from './sqlite-database.js';
import { announce } from './sqlite-outbox.js';

/** Items written or read at once; a call stops the event loop for as long as this takes. */
const chunk = 500;

/**
 * Curated sets in one SQLite file. The row in `curated_sets` comes after the last item, and only
 * that makes a set visible; what a crashed publisher left is completed by the next, because the
 * version fixes the items. The connection is its opener's.
 */
export function sqliteCuratedSets(
  database: SqliteDatabase,
  subscribers: Subscribers = nobody,
): CuratedSetStore {
  async function head(version: CuratedSetVersion): Promise<Row | undefined> {
    const [row] = await database.read({
      sql: 'SELECT * FROM curated_sets WHERE version = ?',
      args: [version],
    });
    return row;
  }

  async function itemsOf(version: CuratedSetVersion): Promise<CuratedItem[]> {
    const items: CuratedItem[] = [];
    for (;;) {
      const rows = await database.read({
        sql: `SELECT item FROM curated_items WHERE version = ? AND task_id > ?
              ORDER BY task_id LIMIT ?`,
        args: [version, items.at(-1)?.taskId ?? '', chunk],
      });
      items.push(...rows.map((row) => fromExactJson(textIn(row, 'item')) as CuratedItem));
      if (rows.length < chunk) return items;
    }
  }

  return {
    async publish(set) {
      verifyCuratedSet(set);
      if ((await head(set.version)) !== undefined) return 'known';
      for (let first = 0; first < set.items.length; first += chunk) {
        const items = set.items.slice(first, first + chunk);
        await database.write(items.map((item) => insertItem(set.version, item)));
      }
      return database.transact(async (transaction) => {
        const { rowsAffected } = await transaction.execute(insertHead(set));
        if (rowsAffected === 0) return 'known';
        await transaction.batch(announce(publicationOf(set), subscribers, set.createdAt));
        return 'published';
      });
    },

    async find(version) {
      const row = await head(version);
      if (row === undefined) return undefined;
      const set: CuratedSet = {
        version,
        name: textIn(row, 'name'),
        createdAt: numberIn(row, 'created_at'),
        split: fromExactJson(textIn(row, 'split')) as CuratedSet['split'],
        classes: fromExactJson(textIn(row, 'classes')) as CuratedSet['classes'],
        items: await itemsOf(version),
      };
      verifyCuratedSet(set);
      return set;
    },

    async list() {
      const rows = await database.read(
        'SELECT * FROM curated_sets ORDER BY created_at DESC, version',
      );
      return rows.map((row) => ({
        version: curatedSetVersion(textIn(row, 'version')),
        name: textIn(row, 'name'),
        createdAt: numberIn(row, 'created_at'),
        items: numberIn(row, 'items'),
      }));
    },

    async close() {
      // The connection is its opener's.
    },
  };
}

function insertItem(version: CuratedSetVersion, item: CuratedItem): InStatement {
  return {
    sql: 'INSERT OR REPLACE INTO curated_items (version, task_id, item) VALUES (?, ?, ?)',
    args: [version, item.taskId, toExactJson(item)],
  };
}

function insertHead({ version, name, createdAt, items, split, classes }: CuratedSet): InStatement {
  return {
    sql: `INSERT INTO curated_sets (version, name, created_at, items, split, classes)
          VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (version) DO NOTHING`,
    args: [version, name, createdAt, items.length, toExactJson(split), toExactJson(classes)],
  };
}
