import type { Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import pLimit from 'p-limit';
import { EdgeminerError, messageOf } from '../../faults.js';
import { contentTypeOf, formatHead, otherPictureFormat } from '../../image/content-type.js';
import { systemCode } from './durable-write.js';

/** By these names a file is taken for a picture unseen; whether it is one, decoding tells. */
const pictureExtensions: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp', '.avif']);
/** Lists and texts that lie beside pictures, one each at times: those are not opened. */
const textExtensions: ReadonlySet<string> = new Set(
  ['csv', 'html', 'json', 'jsonl', 'md', 'ndjson', 'npy', 'txt', 'xml', 'yaml', 'yml'].map(
    (name) => `.${name}`,
  ),
);
/** Files of one folder that are looked into at once. */
const openAtOnce = pLimit(16);

/** A file that is no picture that edgeminer reads. */
export interface OtherFile {
  /** Relative to the directory, with forward slashes. */
  readonly path: string;
  /** The format of a picture that edgeminer does not read, 'no picture' or 'unreadable'. */
  readonly what: string;
}

/**
 * The pictures below a directory: paths relative to it with forward slashes, ordered by their
 * characters (UTF-16 code units), so that two walks are the same on every machine. A file without
 * a picture's extension is one by its first bytes. Hidden files and folders are passed over; links
 * to files are followed, links to folders are not.
 * @param onOther Hears of every other file that is not hidden.
 * @throws EdgeminerError `input.not-found` where a folder is missing or can't be read.
 */
export async function* walkPictures(
  directory: string,
  onOther: (file: OtherFile) => void = () => undefined,
): AsyncGenerator<string, void> {
  yield* walk(directory, '', onOther);
}

async function* walk(
  root: string,
  prefix: string,
  onOther: (file: OtherFile) => void,
): AsyncGenerator<string, void> {
  const shown = (await list(join(root, prefix))).filter(({ name }) => !name.startsWith('.'));
  const kinds = await Promise.all(shown.map((entry) => kindOf(join(root, prefix), entry)));
  const entries: { readonly key: string; readonly isFolder: boolean }[] = [];
  shown.forEach(({ name }, at) => {
    const kind = kinds[at];
    if (kind === 'folder') entries.push({ key: `${name}/`, isFolder: true });
    else if (kind === 'picture') entries.push({ key: name, isFolder: false });
    else if (kind !== undefined) onOther({ path: `${prefix}${name}`, what: kind.other });
  });
  // A folder sorts with its slash, as it stands in the paths of what it holds.
  entries.sort((a, b) => (a.key < b.key ? -1 : 1));
  for (const { key, isFolder } of entries) {
    if (isFolder) yield* walk(root, `${prefix}${key}`, onOther);
    else yield `${prefix}${key}`;
  }
}

type Kind = 'folder' | 'picture' | { readonly other: string };

/** Undefined for what is no file: a link to a folder, a pipe. */
async function kindOf(folder: string, entry: Dirent): Promise<Kind | undefined> {
  if (entry.isDirectory()) return 'folder';
  const path = join(folder, entry.name);
  const extension = extname(entry.name).toLowerCase();
  const isNamedPicture = pictureExtensions.has(extension);
  if (entry.isSymbolicLink()) {
    const target = await stat(path).catch(() => undefined);
    if (target?.isDirectory() === true) return undefined;
    // A link that leads nowhere is kept: whoever reads it will say so.
    if (target === undefined && !isNamedPicture) return { other: 'unreadable' };
    if (target?.isFile() === false && !isNamedPicture) return undefined;
  } else if (!entry.isFile() && !isNamedPicture) return undefined;
  if (isNamedPicture) return 'picture';
  if (textExtensions.has(extension)) return { other: 'no picture' };
  return openAtOnce(() => kindByContent(path));
}

async function kindByContent(path: string): Promise<Kind> {
  const head = new Uint8Array(formatHead);
  let length: number;
  try {
    const file = await open(path);
    try {
      length = (await file.read(head, 0, head.length, 0)).bytesRead;
    } finally {
      await file.close();
    }
  } catch {
    return { other: 'unreadable' };
  }
  const bytes = head.subarray(0, length);
  if (contentTypeOf(bytes) !== undefined) return 'picture';
  return { other: otherPictureFormat(bytes) ?? 'no picture' };
}

/** @throws EdgeminerError `input.not-found` where it is missing or can't be read. */
export async function requireFolder(directory: string): Promise<void> {
  await list(directory);
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
