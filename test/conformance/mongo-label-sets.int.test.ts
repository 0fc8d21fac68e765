import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import type { MongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { describeWith } from '../services/describe-with.js';
import { labelSetStoreConformance } from './label-set-store.js';

describeWith(['mongo'], 'label sets in MongoDB', (services) => {
  let client: MongoClient;
  beforeAll(async () => {
    client = await MongoClient.connect(services().mongo.uri);
  });
  afterAll(async () => {
    await client.close();
  });

  labelSetStoreConformance('MongoDB', async () => {
    const database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
    const stores: MongoStore[] = [];
    const another = async () => {
      const store = await openMongoStore({ uri: services().mongo.uri, database });
      stores.push(store);
      return store.labelSets;
    };
    return {
      store: await another(),
      another,
      remove: async () => {
        await Promise.all(stores.map((one) => one.close()));
        await client.db(database).dropDatabase();
      },
    };
  });
});
