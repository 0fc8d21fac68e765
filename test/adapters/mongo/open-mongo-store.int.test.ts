import { randomBytes } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { openMongoStore } from '../../../src/adapters/mongo/open-mongo-store.js';
import { asOffers, candidate, request, start } from '../../conformance/candidate.js';
import { describeWith } from '../../services/describe-with.js';

describe('an address of MongoDB', () => {
  it('that is no address is refused, without showing its password', async () => {
    for (const uri of ['http://127.0.0.1', 'mongodb://user:secret@', 'mongodb://h/?nonsense=1']) {
      const opening = openMongoStore({ uri, database: 'x' });
      await expect(opening).rejects.toMatchObject({ code: 'config.invalid', field: 'store.uri' });
      await expect(opening).rejects.not.toThrow(/secret/);
    }
  });

  it('where nobody answers is worth another try', async () => {
    await expect(
      openMongoStore({ uri: 'mongodb://127.0.0.1:1', database: 'x' }),
    ).rejects.toMatchObject({ code: 'store.unavailable', retriable: true });
  });
});

describeWith(['mongo'], 'a store in MongoDB', (services) => {
  const open = async () => {
    const database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
    const { uri } = services().mongo;
    const store = await openMongoStore({ uri, database });
    return { database, uri, store };
  };

  it('opens again over what is there, with named indexes', async () => {
    const { database, uri, store } = await open();
    await store.queue.offer(asOffers([candidate(1)]), start);
    await store.close();
    const again = await openMongoStore({ uri, database });
    await again.ping();
    expect(await again.queue.find(candidate(1).id)).toBeDefined();
    await again.close();
    await again.close();
    const client = await MongoClient.connect(uri);
    const db = client.db(database);
    const names = (await db.collection('tasks').indexes()).map(({ name }) => name);
    // Made at once by several owners, so in no order.
    expect(names.toSorted()).toEqual([
      '_id_',
      'batch',
      'claim-order-2',
      'claim-order-by-reason',
      'duplicates',
      'fingerprints',
      'image',
      'state-and-id',
    ]);
    await db.dropDatabase();
    await client.close();
  });

  it('keeps images and references beside the queue', async () => {
    const { database, uri, store } = await open();
    const hash = await store.images.put(new Uint8Array([1, 2, 3]), 'image/png');
    expect(await store.images.has(hash)).toBe(true);
    const { modelName, modelVersion } = candidate(1);
    expect(await store.references.current(modelName, modelVersion)).toBeUndefined();
    await store.close();
    await removeDatabase(uri, database);
  });

  it('notes no event that another worker made a task of, whoever comes last', async () => {
    const { database, uri, store } = await open();
    const { queue } = store;
    const note = (n: number) =>
      queue.offer(
        [{ kind: 'duplicate', of: candidate(1).id, eventId: candidate(n).eventId }],
        start,
      );
    await queue.offer(asOffers([candidate(1), candidate(2)]), start);
    await note(2);
    await note(3);
    expect((await queue.find(candidate(1).id))?.duplicates).toEqual([candidate(3).eventId]);
    await queue.offer(asOffers([candidate(3)]), start);
    expect((await queue.find(candidate(1).id))?.duplicates).toEqual([]);
    await store.close();
    await removeDatabase(uri, database);
  });

  it('says that it is away once it is closed, and the call may be tried again', async () => {
    const { database, uri, store } = await open();
    await store.close();
    await expect(store.queue.lease(request('b', 1), start)).rejects.toMatchObject({
      code: 'store.unavailable',
      retriable: true,
    });
    await removeDatabase(uri, database);
  });

  it('claims without sorting, and compares fingerprints without reading a task', async () => {
    const { database, uri, store } = await open();
    await store.queue.offer(asOffers(Array.from({ length: 50 }, (_, n) => candidate(n))), start);
    const client = await MongoClient.connect(uri);
    const db = client.db(database);
    const profiled = db.collection<Profiled>('system.profile');
    await db.command({ profile: 2 });
    await store.queue.lease(request('b', 5), start);
    const { modelName, sourceId } = candidate(1);
    await store.queue.recentFingerprints({ modelName, sourceId, from: 0, to: 9e15, limit: 50 });
    await db.command({ profile: 0 });
    const finds = await profiled.find({ op: 'query', ns: `${database}.tasks` }).toArray();
    const sorted = finds.filter(({ hasSortStage }) => hasSortStage === true);
    expect(finds.length).toBeGreaterThanOrEqual(3);
    expect(sorted).toEqual([]);
    const fingerprints = finds.find(({ nreturned }) => nreturned === 50);
    expect(fingerprints?.docsExamined).toBe(0);
    await client.close();
    await store.close();
    await removeDatabase(uri, database);
  });
});

interface Profiled {
  readonly hasSortStage?: boolean;
  readonly docsExamined: number;
  readonly nreturned: number;
}

async function removeDatabase(uri: string, database: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  await client.db(database).dropDatabase();
  await client.close();
}
