import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import type { MongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import type { CuratedSet } from '../../src/curate/curated-set.js';
import { describeWith } from '../services/describe-with.js';
import { curatedSetStoreConformance } from './curated-set-store.js';

interface Keyed {
  readonly _id: string;
}

describeWith(['mongo'], 'curated sets in MongoDB', (services) => {
  let client: MongoClient;
  beforeAll(async () => {
    client = await MongoClient.connect(services().mongo.uri);
  });
  afterAll(async () => {
    await client.close();
  });

  curatedSetStoreConformance('MongoDB', async () => {
    const database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
    const db = client.db(database);
    const sets = db.collection<Keyed>('curated.sets');
    const items = db.collection<Keyed>('curated.items');
    const keyOf = (set: CuratedSet, n: number) => `${set.version}:${set.items[n]?.taskId ?? ''}`;
    const stores: MongoStore[] = [];
    const open = async () => {
      const store = await openMongoStore({ uri: services().mongo.uri, database });
      stores.push(store);
      return store.curatedSets;
    };
    const store = await open();
    return {
      store,
      another: open,
      interruptPublish: async (set) => {
        await store.publish(set);
        await sets.deleteOne({ _id: set.version });
        await items.deleteMany({ _id: { $gt: keyOf(set, 0) } });
      },
      damage: async (set) => {
        await items.updateOne({ _id: keyOf(set, 0) }, { $set: { 'item.label.class': 'dog' } });
      },
      remove: async () => {
        await Promise.all(stores.map((one) => one.close()));
        await db.dropDatabase();
      },
    };
  });
});
