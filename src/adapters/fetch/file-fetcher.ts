import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { EdgeminerError, messageOf } from '../../faults.js';
import { isWithin } from '../../image/allow-list.js';
import type { Target } from '../../image/allow-list.js';
import type { FetchRequest } from '../../image/image-fetcher.js';
import type { Answer } from '../../image/image-answer.js';

type FileTarget = Extract<Target, { kind: 'file' }>;

/**
 * Reads an allowed file: a regular file that, with all links resolved, still lies in one of
 * the allowed directories. Nothing else is opened, not even to look.
 * @throws EdgeminerError `image.forbidden`, `image.too-large` or `image.unreachable`
 */
export async function readAllowedFile(
  target: FileTarget,
  maxBytes: number,
  { makeRoom }: FetchRequest,
): Promise<Answer> {
  const roots = await Promise.all(target.within.map(resolvedRoot));
  try {
    const path = await realpath(target.path);
    if (!roots.some((root) => isWithin(path, root))) {
      throw forbidden(target, 'leads out of its allowed directory');
    }
    if (!(await lstat(path)).isFile()) throw forbidden(target, 'is not a regular file');
    // Should the path have been replaced since: no link is followed and no pipe waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return { kind: 'image', bytes: await readUpTo(file, maxBytes, target, makeRoom) };
    } finally {
      await file.close();
    }
  } catch (error) {
    return missingOrThrow(target, error);
  }
}

/** An allowed directory that is away (a drive not mounted) says nothing about its files. */
async function resolvedRoot(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (error) {
    throw new EdgeminerError(
      'image.unreachable',
      `allowed directory ${directory} can't be used: ${messageOf(error)}`,
      { cause: error, field: 'fetch.allowDirectories', mend: 'Mount it, or take it off the list.' },
    );
  }
}

async function readUpTo(
  file: FileHandle,
  maxBytes: number,
  target: FileTarget,
  makeRoom: FetchRequest['makeRoom'],
): Promise<Uint8Array> {
  const about = await file.stat();
  if (!about.isFile()) throw forbidden(target, 'is not a regular file');
  if (about.size <= maxBytes) await makeRoom(about.size);
  const chunks: Uint8Array[] = [];
  let length = 0;
  // A file may grow while it is read, so its size is checked on the way too.
  while (about.size <= maxBytes) {
    const space = Buffer.allocUnsafe(Math.min(maxBytes + 1, Math.max(about.size - length, 1)));
    const { bytesRead } = await file.read(space, 0, space.length);
    if (bytesRead === 0) return Buffer.concat(chunks, length);
    chunks.push(space.subarray(0, bytesRead));
    length += bytesRead;
    if (length > maxBytes) break;
  }
  throw new EdgeminerError('image.too-large', `${target.path} has more than ${maxBytes} bytes`, {
    field: 'image.uri',
    mend: `Shrink it to at most ${maxBytes} bytes, or raise fetch.maxBytes.`,
  });
}

function missingOrThrow(target: FileTarget, error: unknown): Answer {
  if (error instanceof EdgeminerError) throw error;
  const message = `${target.path} can't be read: ${messageOf(error)}`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG': {
      const mend = 'Keep images until they are mined, or send their bytes in the event.';
      const about = { cause: error, field: 'image.uri', mend };
      return { kind: 'missing', fault: new EdgeminerError('image.not-found', message, about) };
    }
    case 'EACCES':
    case 'EPERM':
    case 'ELOOP':
      throw new EdgeminerError('image.forbidden', message, {
        cause: error,
        field: 'image.uri',
        mend: 'Give the user that edgeminer runs as the right to read it.',
      });
    default:
      throw new EdgeminerError('image.unreachable', message, {
        cause: error,
        field: 'image.uri',
        mend: 'Check the drive that holds it.',
      });
  }
}

function forbidden({ path }: FileTarget, what: string): EdgeminerError {
  return new EdgeminerError('image.forbidden', `${path} ${what}`, {
    field: 'image.uri',
    mend: 'Refer to a plain file below one of fetch.allowDirectories.',
  });
}
