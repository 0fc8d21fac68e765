import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { EdgeminerError } from '../../faults.js';

/**
 * Writes a file so that a reader sees the whole of it or nothing, and so that it is there after
 * a power cut: the bytes are flushed under a temporary name, then renamed, then the folder is
 * flushed. The temporary name lies in `incoming`, which must be on the same file system.
 */
export async function writeDurably(
  path: string,
  bytes: Uint8Array,
  incoming = dirname(path),
): Promise<void> {
  await makeFolderDurably(dirname(path));
  const temporary = join(incoming, temporaryName());
  try {
    await writeAndFlush(temporary, bytes);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await flushFolder(dirname(path));
}

/** Writes and flushes a file in place: for files inside a folder that nobody reads yet. */
export async function writeAndFlush(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a folder and those above it, and flushes each folder that gained an entry. */
export async function makeFolderDurably(folder: string): Promise<void> {
  const highestMade = await mkdir(folder, { recursive: true });
  if (highestMade === undefined) return;
  const highestChanged = dirname(resolve(highestMade));
  for (let changed = dirname(resolve(folder)); ; changed = dirname(changed)) {
    await flushFolder(changed);
    if (changed === highestChanged || changed === dirname(changed)) return;
  }
}

/** Makes renames and new entries in a folder outlast a power cut. */
export async function flushFolder(folder: string): Promise<void> {
  // Windows can't open folders; its file system keeps the order of renames by itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A name that no reader looks at and no other writer makes. */
export function temporaryName(): string {
  return `.${randomBytes(9).toString('hex')}.tmp`;
}

/** The error code of the operating system, such as ENOENT, if the error carries one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** Undefined where there is no such file. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What a disk that can't be used is to the callers of a store: away for now. Not a bug's fault. */
export function diskFault(error: unknown, path: string): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof EdgeminerError || systemCode(error) === undefined) return error;
  return new EdgeminerError('store.unavailable', `${path} can't be used: ${error.message}`, {
    cause: error,
    mend: 'Check that the disk is mounted, has space, and that this user may write there.',
  });
}
