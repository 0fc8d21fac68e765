import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { erasureConformance } from './task-eraser.js';
import { goldFailureConformance } from './gold-failures.js';
import { outboxConformance } from './outbox.js';
import type { OpenOutbox } from './outbox.js';

const open: OpenOutbox<SqliteStore> = async (subscribers, rules) => {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-outbox-'));
  const stores: SqliteStore[] = [];
  const another = async () => {
    const store = await openSqliteStore({ file: join(folder, 'queue.db'), rules, subscribers });
    stores.push(store);
    return store;
  };
  return {
    ...(await another()),
    another,
    remove: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await rm(folder, { recursive: true });
    },
  };
};

outboxConformance('SQLite', open);
erasureConformance('SQLite', open);
goldFailureConformance('SQLite', open);
