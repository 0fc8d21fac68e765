import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { EdgeminerError, messageOf } from '../../faults.js';
import { systemCode } from './durable-write.js';

/** What else lies in a folder of pictures is passed over; what a file is, decoding tells. */
const pictureExtensions: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp', '.avif']);

/**
 * The pictures below a directory: paths relative to it with forward slashes, ordered by their
 * characters (UTF-16 code units), so that two walks are the same on every machine. Hidden files
 * and folders are passed over; links to files are followed, links to folders are not.
 * @throws EdgeminerError `input.not-found` where a folder is missing or can't be read.
 */
export async function* walkPictures(directory: string): AsyncGenerator<string, void> {
  yield* walk(directory, '');
}

async function* walk(root: string, prefix: string): AsyncGenerator<string, void> {
  const entries: { readonly key: string; readonly isFolder: boolean }[] = [];
  for (const entry of await list(join(root, prefix))) {
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) entries.push({ key: `${entry.name}/`, isFolder: true });
    else if (await isPicture(root, prefix, entry))
      entries.push({ key: entry.name, isFolder: false });
  }
  // A folder sorts with its slash, as it stands in the paths of what it holds.
  entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key, isFolder } of entries) {
    if (isFolder) yield* walk(root, `${prefix}${key}`);
    else yield `${prefix}${key}`;
  }
}

async function isPicture(root: string, prefix: string, entry: Dirent): Promise<boolean> {
  if (!pictureExtensions.has(extname(entry.name).toLowerCase())) return false;
  if (!entry.isSymbolicLink()) return true;
  // A link that leads nowhere is kept: whoever reads it will say so.
  const target = await stat(join(root, prefix, entry.name)).catch(() => undefined);
  return target?.isDirectory() !== true;
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const code = systemCode(error);
    const what =
      code === 'ENOENT'
        ? 'there is no such directory'
        : code === 'ENOTDIR'
          ? 'it is a file, not a directory'
          : `it can't be read: ${messageOf(error)}`;
    throw new EdgeminerError('input.not-found', `${folder}: ${what}`, {
      cause: error,
      field: folder,
      mend: 'Name a directory of pictures that this user may read.',
    });
  }
}
