import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import type { MongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { describeWith } from '../services/describe-with.js';
import { erasureConformance } from './task-eraser.js';
import { goldFailureConformance } from './gold-failures.js';
import { outboxConformance } from './outbox.js';
import type { OpenOutbox } from './outbox.js';

describeWith(['mongo'], 'outbox in MongoDB', (services) => {
  const open: OpenOutbox<MongoStore> = async (subscribers, rules) => {
    const { uri } = services().mongo;
    const database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
    const stores: MongoStore[] = [];
    const another = async () => {
      const store = await openMongoStore({ uri, database, rules, subscribers });
      stores.push(store);
      return store;
    };
    return {
      ...(await another()),
      another,
      remove: async () => {
        await Promise.all(stores.map((store) => store.close()));
        const client = await MongoClient.connect(uri);
        await client.db(database).dropDatabase();
        await client.close();
      },
    };
  };

  outboxConformance('MongoDB', open);
  erasureConformance('MongoDB', open);
  goldFailureConformance('MongoDB', open);
});
