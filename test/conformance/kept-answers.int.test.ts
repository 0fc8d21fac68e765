import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { describeWith } from '../services/describe-with.js';
import { keptAnswersConformance } from './kept-answers.js';

interface Store {
  close(): Promise<void>;
}

keptAnswersConformance('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edgeminer-answers-'));
  const stores: Store[] = [];
  const open = async () => {
    const store = await openSqliteStore({ file: join(folder, 'store.db') });
    stores.push(store);
    return store.answers;
  };
  return {
    answers: await open(),
    another: open,
    remove: async () => {
      await Promise.all(stores.map((one) => one.close()));
      await rm(folder, { recursive: true });
    },
  };
});

describeWith(['mongo'], 'kept answers in MongoDB', (services) => {
  let client: MongoClient;
  beforeAll(async () => {
    client = await MongoClient.connect(services().mongo.uri);
  });
  afterAll(async () => {
    await client.close();
  });

  keptAnswersConformance('MongoDB', async () => {
    const database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
    const stores: Store[] = [];
    const open = async () => {
      const store = await openMongoStore({ uri: services().mongo.uri, database });
      stores.push(store);
      return store.answers;
    };
    return {
      answers: await open(),
      another: open,
      remove: async () => {
        await Promise.all(stores.map((one) => one.close()));
        await client.db(database).dropDatabase();
      },
    };
  });
});
