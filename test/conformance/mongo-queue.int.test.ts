import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import type { MongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { defaultRules } from '../../src/queue/rules.js';
import { describeWith } from '../services/describe-with.js';
import { relabelQueueConformance } from './relabel-queue.js';

describeWith(['mongo'], 'queue in MongoDB', (services) => {
  let client: MongoClient;
  beforeAll(async () => {
    client = await MongoClient.connect(services().mongo.uri);
  });
  afterAll(async () => {
    await client.close();
  });

  relabelQueueConformance(
    'MongoDB',
    async (rules = defaultRules) => {
      const database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
      const stores: MongoStore[] = [];
      const open = async () => {
        const store = await openMongoStore({ uri: services().mongo.uri, database, rules });
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
          await client.db(database).dropDatabase();
        },
      };
    },
    { modelRuns: Number(process.env['EDGEMINER_MODEL_RUNS'] ?? 20) },
  );
});
