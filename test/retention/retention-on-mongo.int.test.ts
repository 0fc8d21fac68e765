import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import type { MongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { runCommand } from '../cli/run-command.js';
import { batchId } from '../../src/ids.js';
import type { ImageHash } from '../../src/ids.js';
import type { TaskContent } from '../../src/queue/task.js';
import { asOffers, candidate, request } from '../conformance/candidate.js';
import { picture } from '../conformance/image-store.js';
import { describeWith } from '../services/describe-with.js';

const day = 86_400_000;

describeWith(['mongo'], 'retention and erasure on MongoDB with GridFS', (services) => {
  let folder: string;
  let database: string;
  let client: MongoClient;
  let store: MongoStore;
  let now: number;
  beforeEach(async () => {
    now = Date.now();
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-retention-'));
    database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
    const { uri } = services().mongo;
    client = await MongoClient.connect(uri);
    store = await openMongoStore({ uri, database });
    const config = {
      dataDir: '.',
      store: { kind: 'mongodb', uri, database },
      retention: { images: { labelled: '90d', unused: '7d' } },
    };
    await writeFile(join(folder, 'edgeminer.config.yaml'), stringify(config));
  });
  afterEach(async () => {
    await store.close();
    await client.db(database).dropDatabase();
    await client.close();
    await rm(folder, { recursive: true });
  });

  async function edgeminer(...args: readonly string[]): Promise<unknown> {
    const { code, result, stderr } = await runCommand([...args, '--json'], { folder, now });
    expect(code, stderr).toBe(0);
    return result;
  }

  /** Stores a picture and makes its last put as old as told. */
  async function put(seed: number, daysAgo: number): Promise<ImageHash> {
    const hash = await store.images.put(picture(seed), 'image/jpeg');
    await client
      .db(database)
      .collection<{ _id: string }>('images.files')
      .updateOne({ _id: hash }, { $set: { uploadDate: new Date(now - daysAgo * day) } });
    return hash;
  }

  async function offer(n: number, seed = n, source = 'gate-3'): Promise<TaskContent> {
    const made = candidate(n, { source });
    const content = { ...made, image: { ...made.image, hash: await put(seed, 400) } };
    await store.queue.offer(asOffers([content]), now - 400 * day);
    return content;
  }

  async function label({ id }: TaskContent, daysAgo: number): Promise<void> {
    const at = now - daysAgo * day;
    const batch = `a-${id}`;
    const held = await store.queue.lease(request(batch, 1000, { now: at }), at);
    const fence = held.find((task) => task.id === id)?.fence ?? 0;
    const body = { kind: 'class', class: 'cat' } as const;
    const claim = { taskId: id, batchId: batchId(batch), fence };
    await store.queue.complete(claim, { kind: 'label', body, labelSet: 'a@1' }, at);
    await store.queue.release(batchId(batch), 'all', at);
  }

  /** Collections in which a text begins with this word. */
  async function collectionsWith(word: string): Promise<string[]> {
    const found: string[] = [];
    for (const collection of await client.db(database).collections()) {
      const text = JSON.stringify(await collection.find().toArray());
      if (text.includes(`"${word}`)) found.push(collection.collectionName);
    }
    return found;
  }

  async function chunksLeft(): Promise<number> {
    return client.db(database).collection('images.chunks').countDocuments();
  }

  it('removes the images whose time is over, with their chunks', async () => {
    const [old, young, waiting] = [await offer(1), await offer(2), await offer(3)];
    await label(old, 91);
    await label(young, 89);
    const orphan = await put(8, 8);
    const fresh = await put(9, 6);
    const tally = (count: number) => ({ images: count, bytes: count * 10_000 });
    const expected = {
      looked: tally(5),
      removed: { labelled: tally(1), unused: tally(1) },
      kept: { tasks: tally(3) },
    };
    expect(await edgeminer('retention', 'apply', '--dry-run')).toMatchObject(expected);
    expect(await chunksLeft()).toBe(5);
    expect(await edgeminer('retention', 'apply')).toMatchObject({ dryRun: false, ...expected });
    for (const [hash, there] of [
      [old.image.hash, false],
      [orphan, false],
      [young.image.hash, true],
      [waiting.image.hash, true],
      [fresh, true],
    ] as const) {
      expect(await store.images.has(hash)).toBe(there);
    }
    expect(await chunksLeft()).toBe(3);
    expect(await edgeminer('retention', 'apply')).toMatchObject({
      looked: tally(3),
      removed: { labelled: tally(0), unused: tally(0) },
    });
  });

  it('erases a source, and leaves no word of it in any collection', async () => {
    const [alone, shared] = [await offer(3), await offer(2)];
    const other = await offer(4, 2, 'gate-4');
    await label(alone, 1);
    const words = ['gate-3', 'event-3', 'https://images.example.com/3.jpg'];
    for (const word of words) expect(await collectionsWith(word), word).toContain('tasks');
    const order = ['erase', '--source', 'gate-3', '--by', 'cora', '--reason', 'request of Bo'];
    expect(await edgeminer(...order, '--dry-run')).toMatchObject({
      dryRun: true,
      erased: { tasks: 2, images: 1 },
    });
    expect(await store.queue.find(alone.id)).toBeDefined();
    expect(await edgeminer(...order)).toMatchObject({
      kind: 'source',
      erased: { tasks: 2, images: 1 },
    });
    expect(await store.queue.find(shared.id)).toBeUndefined();
    expect(await store.images.has(alone.image.hash)).toBe(false);
    expect(await store.images.has(other.image.hash)).toBe(true);
    expect(await edgeminer('audit', 'verify')).toMatchObject({ whole: 1, erased: 2, broken: 0 });
    expect(await edgeminer(...order)).toMatchObject({ erased: { tasks: 0, images: 0 } });

    for (const word of words) expect(await collectionsWith(word), word).toEqual([]);
  });
});
