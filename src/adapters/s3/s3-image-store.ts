import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { setTimeout as delay } from 'node:timers/promises';
import { EdgeminerError, messageOf } from '../../faults.js';
import { imageHash } from '../../ids.js';
import type { ImageHash } from '../../ids.js';
import { contentHash, isContentHash } from '../../image/content-hash.js';
import type { ImageShelf, Removal } from '../../image/image-shelf.js';
import { imageContentTypes } from '../../image/image-store.js';
import type { ImageContentType, ImageStore } from '../../image/image-store.js';
import { clientSettings } from './s3-objects.js';
import type { S3Options } from './s3-objects.js';

export interface S3ImageStoreOptions extends Omit<S3Options, 'maxBytes'> {
  readonly bucket: string;
  /** Before every key; empty, or ending with `/`. */
  readonly prefix: string;
  /** Objects that are listed at once; 1000 unless told, which is the most. */
  readonly pageSize?: number;
}

/** A removal takes less than the first; a mark older than the second was left by a dead process. */
const removalMs = 20_000;
const abandonedAfter = 60_000;
const markedPauseMs = 100;

/**
 * Images as objects, `ab/cd/abcd…` by their sha256. An object is written whole or not at all, and
 * every put writes it anew, so that its time is that of the last put.
 *
 * S3 can't remove an object on condition of its time. So a removal first puts a mark beside the
 * image, then looks at the image's time, and removes it; a put writes the image, then looks for
 * the mark, and then whether the image is there. Where it finds a mark it waits and writes again.
 * Of the two, the later one always sees what the earlier one did.
 */
export function openS3ImageStore(options: S3ImageStoreOptions): ImageStore & ImageShelf {
  const { bucket: Bucket, prefix, timeoutMs, pageSize = 1000 } = options;
  const client = new S3Client(clientSettings({ ...options, maxBytes: 0 }));
  const keyOf = (hash: ImageHash) => `${prefix}${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;
  const markOf = (hash: ImageHash) => `${prefix}.removing/${hash}`;
  const within = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });

  /** When the object was written; undefined where there is none. */
  async function timeOf(Key: string): Promise<number | undefined> {
    try {
      const { LastModified } = await client.send(new HeadObjectCommand({ Bucket, Key }), within());
      return LastModified?.getTime() ?? 0;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }
  const remove = (Key: string) => client.send(new DeleteObjectCommand({ Bucket, Key }), within());

  async function isBeingRemoved(hash: ImageHash): Promise<boolean> {
    const marked = await timeOf(markOf(hash));
    if (marked === undefined) return false;
    if (marked > Date.now() - abandonedAfter) return true;
    await remove(markOf(hash));
    return false;
  }

  return {
    put: (bytes, contentType) =>
      guarded(async () => {
        const hash = imageHash(contentHash(bytes));
        for (;;) {
          await client.send(
            new PutObjectCommand({
              Bucket,
              Key: keyOf(hash),
              Body: bytes,
              ContentType: contentType,
            }),
            within(),
          );
          const marked = await isBeingRemoved(hash);
          if (!marked && (await timeOf(keyOf(hash))) !== undefined) return hash;
          if (marked) await delay(markedPauseMs);
        }
      }),

    get: (hash) =>
      guarded(async () => {
        if (!isContentHash(hash)) return undefined;
        try {
          const found = await client.send(
            new GetObjectCommand({ Bucket, Key: keyOf(hash) }),
            within(),
          );
          const bytes = (await found.Body?.transformToByteArray()) ?? new Uint8Array();
          const contentType = imageContentTypes.find((type) => type === found.ContentType);
          if (contentType === undefined || contentHash(bytes) !== hash) throw damaged(hash);
          return { bytes, contentType } satisfies {
            bytes: Uint8Array;
            contentType: ImageContentType;
          };
        } catch (error) {
          if (statusOf(error) === 404) return undefined;
          throw error;
        }
      }),

    has: (hash) =>
      guarded(async () => isContentHash(hash) && (await timeOf(keyOf(hash))) !== undefined),

    async *images() {
      // Version 1 of the request: every store that speaks like S3 knows it.
      for (let last = prefix; ;) {
        const { Contents = [], IsTruncated } = await guarded(() =>
          client.send(
            new ListObjectsCommand({ Bucket, Prefix: prefix, Marker: last, MaxKeys: pageSize }),
            within(),
          ),
        );
        for (const { Key = '', Size = 0, LastModified } of Contents) {
          last = Key;
          const hash = imageHash(Key.slice(Key.lastIndexOf('/') + 1));
          if (!isContentHash(hash) || Key !== keyOf(hash)) continue;
          yield { hash, bytes: Size, putAt: LastModified?.getTime() ?? 0 };
        }
        if (IsTruncated !== true || Contents.length === 0) return;
      }
    },

    remove: (hash, unlessPutSince) =>
      guarded(async (): Promise<Removal> => {
        if (!isContentHash(hash)) return 'unknown';
        const since = Date.now();
        await client.send(new PutObjectCommand({ Bucket, Key: markOf(hash), Body: '' }), within());
        try {
          const putAt = await timeOf(keyOf(hash));
          if (putAt === undefined) return 'unknown';
          // Times of objects are whole seconds.
          if (putAt + 999 >= unlessPutSince || Date.now() - since > removalMs) return 'put-since';
          await remove(keyOf(hash));
          return 'removed';
        } finally {
          await remove(markOf(hash));
        }
      }),

    async close() {
      client.destroy();
    },
  };

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof EdgeminerError) throw error;
      throw new EdgeminerError(
        'store.unavailable',
        `the bucket ${Bucket} can't be used: ${messageOf(error)}`,
        {
          cause: error,
          mend: 'Check that the object store runs, that images.bucket is there, and that the credentials may read, write and delete in it.',
        },
      );
    }
  }
}

function damaged(hash: ImageHash): EdgeminerError {
  return new EdgeminerError('image.hash-mismatch', `stored image ${hash} is damaged`, {
    mend: 'Replay its event, which stores it again, or restore the object from a backup.',
  });
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
