import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import type { MongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { describeWith } from '../services/describe-with.js';
import { qualityStoreConformance } from './gold-store.js';

describeWith(['mongo'], 'gold tasks in MongoDB', (services) => {
  let client: MongoClient;
  beforeAll(async () => {
    client = await MongoClient.connect(services().mongo.uri);
  });
  afterAll(async () => {
    await client.close();
  });

  qualityStoreConformance('MongoDB', async () => {
    const database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
    const stores: MongoStore[] = [];
    const open = async () => {
      const store = await openMongoStore({ uri: services().mongo.uri, database });
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
        await Promise.all(stores.map((store) => store.close()));
        await client.db(database).dropDatabase();
      },
    };
  });
});
