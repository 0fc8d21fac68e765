import { join } from 'node:path';
import type { TrainingPicture } from '../../score/build-reference.js';
import { readLabelsFile } from './labels-file.js';
import { readPredictionsFile } from './predictions-file.js';
import { defaultMaxPictureBytes, readPicture } from './read-picture.js';
import { walkPictures } from './walk-pictures.js';

export interface TrainingFiles {
  /** The class of each picture. See labels-file.ts. */
  readonly labels?: string | undefined;
  /** JSON-lines file: what the model predicts for each. See predictions-file.ts. */
  readonly predictions?: string | undefined;
  /** 32 MiB unless told. */
  readonly maxBytes?: number;
}

/**
 * The pictures of a directory, in the order of their paths, each read when it is asked for.
 * @throws EdgeminerError `input.not-found` and `input.invalid` for the directory and the files,
 * `image.*` for a picture that can't be read.
 */
export async function* trainingPictures(
  directory: string,
  files: TrainingFiles = {},
): AsyncGenerator<TrainingPicture, void> {
  const { maxBytes = defaultMaxPictureBytes } = files;
  const labels: ReadonlyMap<string, string> =
    files.labels === undefined ? new Map() : await readLabelsFile(files.labels, directory);
  const known =
    files.predictions === undefined
      ? undefined
      : await readPredictionsFile(files.predictions, directory);
  for await (const path of walkPictures(directory)) {
    const { bytes } = await readPicture(join(directory, path), maxBytes);
    const label = labels.get(path);
    const predictions = known?.get(path)?.predictions;
    yield {
      path,
      bytes,
      ...(label === undefined ? {} : { label }),
      ...(predictions === undefined ? {} : { predictions }),
    };
  }
}

/** Pictures that the sources and the reference would read below a directory. */
export async function countPictures(directory: string): Promise<number> {
  const walk = walkPictures(directory);
  let count = 0;
  while ((await walk.next()).done !== true) count += 1;
  return count;
}
