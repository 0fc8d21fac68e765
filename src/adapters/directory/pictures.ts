import { join } from 'node:path';
import { isEdgeminerError } from '../../faults.js';
import type { TrainingPicture, UnreadPicture } from '../../score/training-pictures.js';
import { readLabelsFile } from './labels-file.js';
import { readPredictionsFile } from './predictions-file.js';
import { defaultMaxPictureBytes, readPicture } from './read-picture.js';
import { walkPictures } from './walk-pictures.js';

export interface TrainingFiles {
  /** The class of each picture. See labels-file.ts. */
  readonly labels?: string | undefined;
  /** JSON-lines file: what the model predicts for each. See predictions-file.ts. */
  readonly predictions?: string | undefined;
  /** Whether a picture's source is the first folder of its path, unless `predictions` names it. */
  readonly sourcesByFolder?: boolean;
  /** 32 MiB unless told. */
  readonly maxBytes?: number;
}

/**
 * The pictures of a directory, in the order of their paths, each read when it is asked for.
 * @throws EdgeminerError `input.not-found` and `input.invalid` for the directory and the files.
 */
export async function* trainingPictures(
  directory: string,
  files: TrainingFiles = {},
): AsyncGenerator<TrainingPicture | UnreadPicture, void> {
  const { maxBytes = defaultMaxPictureBytes } = files;
  const labels: ReadonlyMap<string, string> =
    files.labels === undefined ? new Map() : await readLabelsFile(files.labels, directory);
  const known =
    files.predictions === undefined
      ? undefined
      : await readPredictionsFile(files.predictions, directory);
  for await (const path of walkPictures(directory)) {
    const read = await readOrFault(join(directory, path), maxBytes);
    if ('fault' in read) {
      yield { path, fault: read.fault };
      continue;
    }
    const { bytes } = read;
    const label = labels.get(path);
    const about = known?.get(path);
    const predictions = about?.predictions;
    const occurredAt = about?.occurredAt;
    const sourceId =
      about?.sourceId ?? (files.sourcesByFolder === true ? folderOf(path) : undefined);
    yield {
      path,
      bytes,
      ...(label === undefined ? {} : { label }),
      ...(sourceId === undefined ? {} : { sourceId }),
      ...(occurredAt === undefined ? {} : { occurredAt }),
      ...(predictions === undefined ? {} : { predictions }),
    };
  }
}

/** The first folder of a path; undefined for a picture that lies in none. */
function folderOf(path: string): string | undefined {
  const end = path.indexOf('/');
  return end < 1 ? undefined : path.slice(0, end);
}

async function readOrFault(
  path: string,
  maxBytes: number,
): Promise<Awaited<ReturnType<typeof readPicture>> | Pick<UnreadPicture, 'fault'>> {
  try {
    return await readPicture(path, maxBytes);
  } catch (error) {
    if (isEdgeminerError(error)) return { fault: error };
    throw error;
  }
}

/** Pictures that the sources and the reference would read below a directory. */
export async function countPictures(directory: string): Promise<number> {
  const walk = walkPictures(directory);
  let count = 0;
  while ((await walk.next()).done !== true) count += 1;
  return count;
}
