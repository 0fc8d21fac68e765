import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { qualityStoreConformance } from './gold-store.js';

qualityStoreConformance('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-gold-'));
  const stores: SqliteStore[] = [];
  const open = async () => {
    const store = await openSqliteStore({ file: join(folder, 'store.db') });
    stores.push(store);
    return store;
  };
  const { golds, annotators, weights, audit } = await open();
  return {
    golds,
    annotators,
    weights,
    audit,
    another: open,
    remove: async () => {
      await Promise.all(stores.map((one) => one.close()));
      await rm(folder, { recursive: true });
    },
  };
});
