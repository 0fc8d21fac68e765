import { randomBytes } from 'node:crypto';
import { Binary, GridFSBucket, MongoClient } from 'mongodb';
import type { Collection, Db } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGridFsImageStore } from '../../src/adapters/mongo/gridfs-image-store.js';
import { openGridFsReferenceStore } from '../../src/adapters/mongo/gridfs-reference-store.js';
import { contentHash } from '../../src/image/content-hash.js';
import { referenceFiles } from '../../src/score/reference-files.js';
import { describeWith } from '../services/describe-with.js';
import { imageShelfSuite } from './image-shelf.js';
import { imageStoreSuite, picture } from './image-store.js';
import { referenceStoreSuite } from './reference-store.js';

interface File {
  readonly _id: string;
  readonly filename: string;
}

interface Chunk {
  readonly files_id: string;
  readonly n: number;
  readonly data: Binary;
}

describeWith(['mongo'], 'stores in GridFS', (services) => {
  let client: MongoClient;
  beforeAll(async () => {
    client = await MongoClient.connect(services().mongo.uri);
  });
  afterAll(async () => {
    await client.close();
  });
  const freshDatabase = (): Db => client.db(`edgeminer-test-${randomBytes(6).toString('hex')}`);

  describe('image store', () => {
    imageStoreSuite(async () => {
      const db = freshDatabase();
      const chunks = db.collection<Chunk>('images.chunks');
      return {
        open: () => openGridFsImageStore(db),
        copies: async (hash) => {
          const whole = await db.collection<File>('images.files').countDocuments({ _id: hash });
          const firsts = await chunks.countDocuments({ files_id: hash, n: 0 });
          expect(firsts).toBe(whole);
          return whole;
        },
        damage: (hash) => changeByte(chunks, hash),
        truncate: async (hash) => {
          await chunks.deleteOne({ files_id: hash, n: 1 });
        },
        // The first chunks are written before the document that makes them a file.
        interruptPut: async (bytes) => {
          const store = await openGridFsImageStore(db);
          const hash = await store.put(bytes, 'image/jpeg');
          await db.collection<File>('images.files').deleteOne({ _id: hash });
          await chunks.deleteMany({ files_id: hash, n: { $gte: 2 } });
        },
        putUnreachable: () =>
          withDeadServer(async (dead) => {
            const store = await openGridFsImageStore(dead);
            await store.put(picture(1), 'image/jpeg');
          }),
        remove: async () => {
          await db.dropDatabase();
        },
      };
    });

    describe('and its shelf', () => {
      imageShelfSuite(async () => {
        const db = freshDatabase();
        return {
          open: () => openGridFsImageStore(db),
          exactTo: 4,
          races: 40,
          remove: async () => {
            await db.dropDatabase();
          },
        };
      });
    });

    it('can be read by any GridFS tool', async () => {
      const db = freshDatabase();
      const store = await openGridFsImageStore(db);
      const bytes = picture(1, 700_000);
      await store.put(bytes, 'image/png');
      const bucket = new GridFSBucket(db, { bucketName: 'images' });
      const parts: Buffer[] = [];
      for await (const part of bucket.openDownloadStreamByName('image.png')) {
        parts.push(part as Buffer);
      }
      expect(contentHash(Buffer.concat(parts))).toBe(contentHash(bytes));
      await db.dropDatabase();
    });
  });

  describe('reference store', () => {
    referenceStoreSuite(async () => {
      const db = freshDatabase();
      const files = db.collection<File>('references.files');
      const chunks = db.collection<Chunk>('references.chunks');
      const fileId = async (id: string, name: string): Promise<string> => {
        const file = await files.findOne({ filename: `${id}/${name}` });
        if (file === null) throw new Error(`${id}/${name} is not stored`);
        return file._id;
      };
      return {
        open: () => openGridFsReferenceStore(db),
        damage: async (id) => changeByte(chunks, await fileId(id, 'embeddings.npy')),
        loseFile: async (id) => {
          await files.deleteOne({ _id: await fileId(id, 'items.json') });
        },
        interruptPublish: async (reference) => {
          const [first] = referenceFiles(reference);
          if (first === undefined) throw new Error('a reference has files');
          const [name, bytes] = first;
          const bucket = new GridFSBucket(db, { bucketName: 'references' });
          const upload = bucket.openUploadStream(`${reference.id}/${name}`);
          await new Promise<void>((resolve, reject) => {
            upload.once('finish', resolve).once('error', reject).end(bytes);
          });
        },
        publishUnreachable: (reference) =>
          withDeadServer(async (dead) => {
            const store = await openGridFsReferenceStore(dead);
            await store.publish(reference);
          }),
        remove: async () => {
          await db.dropDatabase();
        },
      };
    });
  });
});

async function changeByte(chunks: Collection<Chunk>, id: string): Promise<void> {
  const chunk = await chunks.findOne({ files_id: id, n: 0 });
  if (chunk === null) throw new Error(`${id} has no chunk`);
  const data = Buffer.from(chunk.data.buffer);
  const middle = data.length >> 1;
  data[middle] = (data[middle] ?? 0) ^ 0xff;
  await chunks.updateOne({ files_id: id, n: 0 }, { $set: { data: new Binary(data) } });
}

async function withDeadServer(work: (db: Db) => Promise<void>): Promise<void> {
  const client = new MongoClient('mongodb://127.0.0.1:1/', { serverSelectionTimeoutMS: 200 });
  try {
    await work(client.db('nowhere'));
  } finally {
    await client.close();
  }
}
