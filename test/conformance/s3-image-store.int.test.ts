import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openS3ImageStore } from '../../src/adapters/s3/s3-image-store.js';
import { imageHash } from '../../src/ids.js';
import { imageShelfSuite } from './image-shelf.js';
import { imageStoreSuite, picture } from './image-store.js';
import { oneByOne } from './one-by-one.js';
import type { OneByOne } from './one-by-one.js';

const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

describe('image store in S3', () => {
  let folder: string;
  let server: S3rver;
  let door: OneByOne;
  let endpoint: string;
  let client: S3Client;
  let buckets = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-s3-images-'));
    server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: folder });
    const { port } = await server.run();
    door = await oneByOne(port);
    endpoint = door.url;
    client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  });
  afterAll(async () => {
    client.destroy();
    await door.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const prefix = 'edge/cases/';
  const settings = () => ({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials,
    prefix,
    timeoutMs: 5000,
  });

  async function freshBucket() {
    buckets += 1;
    const Bucket = `images-${buckets}`;
    await client.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  }
  const keyOf = (hash: string) => `${prefix}${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;

  async function rewrite(Bucket: string, hash: string, change: (bytes: Buffer) => Buffer) {
    const { Body, ContentType } = await client.send(
      new GetObjectCommand({ Bucket, Key: keyOf(hash) }),
    );
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    await client.send(
      new PutObjectCommand({ Bucket, Key: keyOf(hash), Body: change(bytes), ContentType }),
    );
  }

  imageStoreSuite(async () => {
    const bucket = await freshBucket();
    return {
      open: async () => openS3ImageStore({ ...settings(), bucket }),
      copies: async (hash) => {
        const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
        return Contents.filter(({ Key = '' }) => Key.includes(hash)).length;
      },
      damage: (hash) =>
        rewrite(bucket, hash, (bytes) => {
          bytes[bytes.length >> 1] = 255 - (bytes[bytes.length >> 1] ?? 0);
          return bytes;
        }),
      truncate: (hash) => rewrite(bucket, hash, (bytes) => bytes.subarray(0, bytes.length >> 1)),
      // S3 shows nothing of an upload that was cut off.
      interruptPut: async () => undefined,
      putUnreachable: async () => {
        const store = openS3ImageStore({ ...settings(), bucket, endpoint: 'http://127.0.0.1:9' });
        try {
          await store.put(picture(1), 'image/jpeg');
        } finally {
          await store.close();
        }
      },
      remove: async () => undefined,
    };
  });

  describe('and its shelf', () => {
    imageShelfSuite(async () => {
      const bucket = await freshBucket();
      return {
        open: async () => openS3ImageStore({ ...settings(), bucket }),
        exactTo: 1000,
        races: 5,
        remove: async () => undefined,
      };
    });

    it('walks more images than one page holds, and nothing else of the bucket', async () => {
      const bucket = await freshBucket();
      const hashes = Array.from({ length: 25 }, (_, n) =>
        createHash('sha256').update(String(n)).digest('hex'),
      );
      for (const hash of hashes) {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(hash), Body: 'x' }));
      }
      for (const Key of ['edge/other.txt', `${prefix}notes.txt`, `other/${hashes[0] ?? ''}`]) {
        await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
      }
      const store = openS3ImageStore({ ...settings(), bucket, pageSize: 10 });
      const seen = [];
      for await (const { hash } of store.images()) seen.push(hash);
      expect(seen.sort()).toEqual(hashes.map(imageHash).sort());
      await store.close();
    });

    it('is away where the bucket is not there', async () => {
      const store = openS3ImageStore({ ...settings(), bucket: 'nowhere' });
      await expect(store.put(picture(1), 'image/png')).rejects.toMatchObject({
        code: 'store.unavailable',
        message: expect.stringContaining('nowhere') as string,
      });
      await store.close();
    });

    it('puts although a removal died in the middle', async () => {
      const bucket = await freshBucket();
      const store = openS3ImageStore({ ...settings(), bucket });
      const hash = await store.put(picture(1), 'image/png');
      // The mark of the dead one is taken away after a minute; here it is another removal's.
      const Key = `${prefix}.removing/${hash}`;
      await client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: '' }));
      const put = store.put(picture(1), 'image/png');
      await store.remove(hash, Date.now() + 10_000);
      await put;
      expect(await store.has(hash)).toBe(true);
      await store.close();
    });
  });
});
