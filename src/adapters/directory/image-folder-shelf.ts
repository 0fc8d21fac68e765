import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { imageHash } from '../../ids.js';
import type { ImageHash } from '../../ids.js';
import { isContentHash } from '../../image/content-hash.js';
import type { ImageShelf, Removal, ShelvedImage } from '../../image/image-shelf.js';
import { diskFault, flushFolder, makeFolderDurably, systemCode } from './durable-write.js';

/** A removal takes milliseconds; what is set aside longer was left by a process that died. */
const abandonedAfter = 60_000;

/**
 * The time of change of a file is when its image was last put. A removal moves the file to
 * `.removing` first and looks at its time there: a put that came before the move shows in it, and
 * the file goes back; a put that comes after finds no file, and writes it anew.
 */
export function imageFolderShelf(
  root: string,
  pathsOf: (hash: ImageHash) => readonly string[],
): ImageShelf {
  const aside = join(root, '.removing');

  async function removeFile(path: string, unlessPutSince: number): Promise<Removal> {
    const putAt = await timeOf(path);
    if (putAt === undefined) return 'unknown';
    if (putAt >= unlessPutSince) return 'put-since';
    await makeFolderDurably(aside);
    const moved = join(aside, path.slice(dirname(path).length + 1));
    try {
      await rename(path, moved);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return 'unknown';
      throw error;
    }
    const seen = await timeOf(moved);
    if (seen !== undefined && seen >= unlessPutSince) {
      await rename(moved, path);
      await flushFolder(dirname(path));
      return 'put-since';
    }
    await rm(moved, { force: true });
    await flushFolder(dirname(path));
    return 'removed';
  }

  return {
    async *images() {
      try {
        await restoreSetAside(root, pathsOf);
        for (const first of await foldersIn(root)) {
          for (const second of await foldersIn(join(root, first))) {
            yield* imagesIn(join(root, first, second));
          }
        }
      } catch (error) {
        throw diskFault(error, root);
      }
    },

    async remove(hash, unlessPutSince) {
      if (!isContentHash(hash)) return 'unknown';
      try {
        for (const path of pathsOf(hash)) {
          const removal = await removeFile(path, unlessPutSince);
          if (removal !== 'unknown') return removal;
        }
        return 'unknown';
      } catch (error) {
        throw diskFault(error, root);
      }
    },
  };
}

/** Notes that the file was put just now; false where it is not there any more. */
export async function notePut(path: string): Promise<boolean> {
  const now = new Date();
  try {
    await utimes(path, now, now);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Puts back what a removal had set aside that did not come to its end. */
export async function restoreSetAside(
  root: string,
  pathsOf: (hash: ImageHash) => readonly string[],
  now = Date.now(),
): Promise<void> {
  const aside = join(root, '.removing');
  for (const name of await readdir(aside).catch(() => [])) {
    const moved = join(aside, name);
    const about = await stat(moved).catch(() => undefined);
    // A rename changes this time, and not the other.
    if (about === undefined || about.ctimeMs > now - abandonedAfter) continue;
    const [hash = '', extension] = name.split('.');
    const path = pathsOf(imageHash(hash)).find((one) => one.endsWith(`.${extension ?? ''}`));
    if (path === undefined || (await timeOf(path)) !== undefined) await rm(moved, { force: true });
    else await rename(moved, path).catch(unlessGone);
  }
}

async function* imagesIn(folder: string): AsyncGenerator<ShelvedImage> {
  for (const name of await readdir(folder)) {
    const [hash = ''] = name.split('.');
    if (!isContentHash(hash)) continue;
    const about = await stat(join(folder, name)).catch(() => undefined);
    if (about !== undefined) {
      yield { hash: imageHash(hash), bytes: about.size, putAt: about.mtimeMs };
    }
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name)).sort();
}

async function timeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function unlessGone(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}
