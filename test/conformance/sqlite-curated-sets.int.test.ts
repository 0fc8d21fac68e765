import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import type { InStatement } from '@libsql/client';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { curatedSetStoreConformance } from './curated-set-store.js';

curatedSetStoreConformance('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-sets-'));
  const file = join(folder, 'store.db');
  const stores: SqliteStore[] = [];
  const open = async () => {
    const store = await openSqliteStore({ file });
    stores.push(store);
    return store.curatedSets;
  };
  const change = async (statement: InStatement) => {
    const client = createClient({ url: pathToFileURL(file).href });
    await client.execute(statement);
    client.close();
  };
  const store = await open();
  return {
    store,
    another: open,
    interruptPublish: async (set) => {
      await store.publish(set);
      await change({ sql: 'DELETE FROM curated_sets WHERE version = ?', args: [set.version] });
      await change(
        'DELETE FROM curated_items WHERE task_id > (SELECT min(task_id) FROM curated_items)',
      );
    },
    damage: (set) =>
      change({
        sql: `UPDATE curated_items SET item = replace(item, '"class":"cat"', '"class":"dog"')
              WHERE version = ? AND task_id = ?`,
        args: [set.version, set.items[0]?.taskId ?? ''],
      }),
    remove: async () => {
      await Promise.all(stores.map((one) => one.close()));
      await rm(folder, { recursive: true });
    },
  };
});
