import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import S3rver from 's3rver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openImageFetcher } from '../../src/adapters/fetch/open-fetcher.js';
import { openS3Objects } from '../../src/adapters/s3/s3-objects.js';
import type { ImageFetcher } from '../../src/image/image-fetcher.js';

const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
const maxBytes = 1000;
const bytes = Buffer.alloc(900, 7);

describe('s3 references', () => {
  let folder: string;
  let server: S3rver;
  let endpoint: string;
  const open: ImageFetcher[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-s3-'));
    server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: folder });
    const { port } = await server.run();
    endpoint = `http://127.0.0.1:${port}`;
    const client = new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
    });
    for (const Bucket of ['shelves', 'secrets']) {
      await client.send(new CreateBucketCommand({ Bucket }));
      await client.send(new PutObjectCommand({ Bucket, Key: 'a/milk 1.jpg', Body: bytes }));
    }
    await client.send(
      new PutObjectCommand({ Bucket: 'shelves', Key: 'large', Body: Buffer.alloc(5000) }),
    );
    client.destroy();
  });
  afterAll(async () => {
    for (const fetcher of open) await fetcher.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  function fetcher(at = endpoint, login = credentials): ImageFetcher {
    const objects = openS3Objects({
      endpoint: at,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: login,
      maxBytes,
      timeoutMs: 500,
    });
    const made = openImageFetcher({
      allowOrigins: [],
      allowDirectories: [],
      s3: { buckets: ['shelves'], objects },
      maxBytes,
      timeoutMs: 500,
      attempts: 2,
    });
    open.push(made);
    return made;
  }

  const asked: number[] = [];
  const get = (from: ImageFetcher, uri: string) =>
    from.fetch(
      { kind: 'reference', uri },
      {
        signal: new AbortController().signal,
        makeRoom: async (room) => void asked.push(room),
      },
    );

  it('are read, after room was made for them', async () => {
    expect(Buffer.from(await get(fetcher(), 's3://shelves/a/milk%201.jpg'))).toEqual(bytes);
    expect(asked).toEqual([bytes.length]);
  });

  it.each([
    ['s3://shelves/gone.jpg', 'image.not-found'],
    ['s3://shelves/large', 'image.too-large'],
    ['s3://secrets/a/milk%201.jpg', 'image.forbidden'],
    ['s3://shelves/', 'image.forbidden'],
    ['s3://user:pw@shelves/a', 'image.forbidden'],
    ['s3://shelves:9000/a', 'image.forbidden'],
    ['s3://shelves/a?versionId=1', 'image.forbidden'],
    ['s3://shelves/%ff', 'image.forbidden'],
    ['s3:///etc/passwd', 'image.forbidden'],
  ])('%s is refused as %s', async (uri, code) => {
    await expect(get(fetcher(), uri)).rejects.toMatchObject({ code, field: 'image.uri' });
  });

  it('with wrong credentials are forbidden, not retried for ever', async () => {
    const wrong = fetcher(endpoint, { accessKeyId: 'nobody', secretAccessKey: 'x' });
    await expect(get(wrong, 's3://shelves/a/milk%201.jpg')).rejects.toMatchObject({
      code: 'image.forbidden',
    });
  });

  it.each([500, 503, 429])('are an outage while the store answers %i', async (status) => {
    const failing = createServer((_, response) => response.writeHead(status).end());
    await once(failing.listen(0, '127.0.0.1'), 'listening');
    const { port } = failing.address() as AddressInfo;
    await expect(get(fetcher(`http://127.0.0.1:${port}`), 's3://shelves/a')).rejects.toMatchObject({
      code: 'image.unreachable',
      retriable: true,
    });
    failing.close();
    failing.closeAllConnections();
  });

  it('are an outage where nobody listens or nobody answers', async () => {
    const silent = createServer(() => undefined);
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    for (const at of ['http://127.0.0.1:1', `http://127.0.0.1:${port}`]) {
      await expect(get(fetcher(at), 's3://shelves/a')).rejects.toMatchObject({
        code: 'image.unreachable',
      });
    }
    silent.close();
    silent.closeAllConnections();
  });
});
