import { access, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EdgeminerError } from '../../faults.js';
import type { ImageHash } from '../../ids.js';
import { contentHash, isContentHash } from '../../image/content-hash.js';
import type { ImageShelf } from '../../image/image-shelf.js';
import { extensionOf } from '../../image/image-extension.js';
import { imageContentTypes } from '../../image/image-store.js';
import type { ImageContentType, ImageStore, StoredImage } from '../../image/image-store.js';
import {
  diskFault,
  flushFolder,
  makeFolderDurably,
  readIfThere,
  systemCode,
  writeDurably,
} from './durable-write.js';
import { imageFolderShelf, notePut, restoreSetAside } from './image-folder-shelf.js';

/** A put takes seconds; what is older was left by a process that died. Milliseconds. */
const abandonedAfter = 24 * 60 * 60 * 1000;

/**
 * Images as plain files, `ab/cd/abcd….jpg` by their sha256, so that any tool can read them.
 * Several processes may share the folder. `.incoming` inside it holds unfinished writes.
 */
export async function openDirectoryImageStore(options: {
  path: string;
}): Promise<ImageStore & ImageShelf> {
  const { path: root } = options;
  const incoming = join(root, '.incoming');
  const pathOf = (hash: ImageHash, contentType: ImageContentType): string =>
    join(root, hash.slice(0, 2), hash.slice(2, 4), `${hash}.${extensionOf(contentType)}`);
  const pathsOf = (hash: ImageHash) => imageContentTypes.map((type) => pathOf(hash, type));
  try {
    await makeFolderDurably(incoming);
    await removeAbandoned(incoming);
    await restoreSetAside(root, pathsOf);
  } catch (error) {
    throw diskFault(error, root);
  }

  /** The image as it lies there, verified or not. */
  async function find(hash: ImageHash): Promise<StoredImage | undefined> {
    for (const contentType of imageContentTypes) {
      const bytes = await readIfThere(pathOf(hash, contentType));
      if (bytes !== undefined) return { bytes, contentType };
    }
    return undefined;
  }

  return {
    async put(bytes, contentType) {
      const hash = contentHash(bytes);
      try {
        const known = await find(hash);
        // A damaged file is written over under its own name, so that there is still only one.
        const path = pathOf(hash, known?.contentType ?? contentType);
        if (known !== undefined && contentHash(known.bytes) === hash) {
          // Another process may have renamed it just now and not have flushed the folder yet.
          await flushFolder(dirname(path));
          if (await notePut(path)) return hash;
        }
        await writeDurably(path, bytes, incoming);
      } catch (error) {
        throw diskFault(error, root);
      }
      return hash;
    },

    async get(hash) {
      if (!isContentHash(hash)) return undefined;
      const found = await find(hash).catch((error: unknown) => {
        throw diskFault(error, root);
      });
      if (found !== undefined && contentHash(found.bytes) !== hash) {
        throw new EdgeminerError('image.hash-mismatch', `stored image ${hash} is damaged`, {
          mend: 'Replay its event, which stores it again, or restore the file from a backup.',
        });
      }
      return found;
    },

    async has(hash) {
      if (!isContentHash(hash)) return false;
      for (const path of pathsOf(hash)) {
        try {
          await access(path);
          return true;
        } catch (error) {
          if (systemCode(error) !== 'ENOENT') throw diskFault(error, root);
        }
      }
      return false;
    },

    ...imageFolderShelf(root, pathsOf),

    async close() {
      // Nothing is held open between calls.
    },
  };
}

async function removeAbandoned(incoming: string): Promise<void> {
  const oldest = Date.now() - abandonedAfter;
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const age = await stat(path).catch(() => undefined);
    if (age !== undefined && age.mtimeMs < oldest) await rm(path, { force: true });
  }
}
