import { readFile, stat } from 'node:fs/promises';
import { EdgeminerError, messageOf } from '../../faults.js';
import type { FaultCode } from '../../faults.js';
import { systemCode } from './durable-write.js';

/** Bytes; as much as the default of `fetch.maxBytes`. */
export const defaultMaxPictureBytes = 32 * 1024 * 1024;

export interface PictureFile {
  readonly bytes: Uint8Array;
  /** When it was last written, whole milliseconds since 1970-01-01 UTC. */
  readonly modifiedAt: number;
}

/**
 * Reads a picture of at most `maxBytes`.
 * @throws EdgeminerError `image.not-found`, `image.forbidden`, `image.too-large`, and
 * `image.unreachable` for what may pass, such as a network drive that is away.
 */
export async function readPicture(path: string, maxBytes: number): Promise<PictureFile> {
  try {
    const about = await stat(path);
    if (!about.isFile()) {
      throw new EdgeminerError('image.not-found', `${path} is not a file`, { field: path });
    }
    if (about.size > maxBytes) {
      throw new EdgeminerError('image.too-large', `${path} has ${about.size} bytes`, {
        field: path,
        mend: `Shrink it to at most ${maxBytes} bytes, or raise fetch.maxBytes.`,
      });
    }
    return { bytes: await readFile(path), modifiedAt: Math.floor(about.mtimeMs) };
  } catch (error) {
    if (error instanceof EdgeminerError) throw error;
    throw new EdgeminerError(codeOf(error), `${path} can't be read: ${messageOf(error)}`, {
      cause: error,
      field: path,
      mend: 'Check that the file is there and that this user may read it.',
    });
  }
}

function codeOf(error: unknown): FaultCode {
  switch (systemCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
      return 'image.not-found';
    case 'EACCES':
    case 'EPERM':
    case 'ELOOP':
      return 'image.forbidden';
    default:
      return 'image.unreachable';
  }
}
