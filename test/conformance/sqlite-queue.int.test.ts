import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { defaultRules } from '../../src/queue/rules.js';
import { relabelQueueConformance } from './relabel-queue.js';

relabelQueueConformance(
  'SQLite',
  async (rules = defaultRules) => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeminer-queue-'));
    const file = join(folder, 'new folder', 'queue.db');
    const stores: SqliteStore[] = [];
    const open = async () => {
      const store = await openSqliteStore({ file, rules });
      stores.push(store);
      return store;
    };
    const { queue, audit } = await open();
    return {
      queue,
      audit,
      another: async () => (await open()).queue,
      remove: async () => {
        await Promise.all(stores.map((store) => store.close()));
        await rm(folder, { recursive: true });
      },
    };
  },
  { modelRuns: Number(process.env['EDGEMINER_MODEL_RUNS'] ?? 100) },
);
