import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { Subscribers } from '../../src/notice/notice.js';
import { describeWith } from '../services/describe-with.js';
import { goldObligations } from './gold-obligations.js';

const subscribers: Subscribers = (event) => (event === 'gold.failed' ? ['hook'] : []);

goldObligations('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-gold-'));
  const store = await openSqliteStore({ file: join(folder, 'edgeminer.db'), subscribers });
  return {
    ...store,
    remove: async () => {
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
});

describeWith(['mongo'], 'gold tasks with a MongoDB', (services) => {
  goldObligations('MongoDB', async () => {
    const { uri } = services().mongo;
    const database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
    const store = await openMongoStore({ uri, database, subscribers });
    return {
      ...store,
      remove: async () => {
        await store.close();
        const client = await MongoClient.connect(uri);
        await client.db(database).dropDatabase();
        await client.close();
      },
    };
  });
});
