import type { Db } from 'mongodb';
import { EdgeminerError } from '../../faults.js';
import { imageHash } from '../../ids.js';
import { isContentHash } from '../../image/content-hash.js';
import type { ImageShelf } from '../../image/image-shelf.js';
import { imageContentTypes } from '../../image/image-store.js';
import type { ImageContentType, ImageStore } from '../../image/image-store.js';
import { openContentAddressedBucket } from './content-addressed-bucket.js';

/**
 * Images in the GridFS bucket `images`. Who opened the connection of `db` closes it.
 * @throws EdgeminerError `store.unavailable`
 */
export async function openGridFsImageStore(db: Db): Promise<ImageStore & ImageShelf> {
  const bucket = await openContentAddressedBucket(db, 'images');
  return {
    async put(bytes, contentType) {
      const filename = contentType.replace('/', '.');
      return imageHash(await bucket.put(bytes, { filename, metadata: { contentType } }));
    },

    async get(hash) {
      if (!isContentHash(hash)) return undefined;
      const found = await bucket.get(hash);
      if (found === undefined) return undefined;
      const contentType = contentTypeIn(found.metadata);
      if (!found.intact || contentType === undefined) {
        throw new EdgeminerError('image.hash-mismatch', `stored image ${hash} is damaged`, {
          mend: 'Replay its event, which stores it again, or restore MongoDB from a backup.',
        });
      }
      return { bytes: found.bytes, contentType };
    },

    async *images() {
      for await (const { id, ...file } of bucket.files()) yield { hash: imageHash(id), ...file };
    },

    remove: async (hash, unlessPutSince) =>
      isContentHash(hash) ? bucket.remove(hash, unlessPutSince) : 'unknown',

    has: async (hash) => isContentHash(hash) && bucket.has(hash),

    async close() {
      // The connection is its opener's.
    },
  };
}

function contentTypeIn(metadata: Readonly<Record<string, string>>): ImageContentType | undefined {
  return imageContentTypes.find((type) => type === metadata['contentType']);
}
