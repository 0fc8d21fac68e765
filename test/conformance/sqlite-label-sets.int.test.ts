import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { labelSetStoreConformance } from './label-set-store.js';

labelSetStoreConformance('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-label-sets-'));
  const stores: SqliteStore[] = [];
  const another = async () => {
    const store = await openSqliteStore({ file: join(folder, 'store.db') });
    stores.push(store);
    return store.labelSets;
  };
  return {
    store: await another(),
    another,
    remove: async () => {
      await Promise.all(stores.map((one) => one.close()));
      await rm(folder, { recursive: true });
    },
  };
});
