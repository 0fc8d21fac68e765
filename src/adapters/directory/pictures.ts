import { join } from 'node:path';
import { isEdgeminerError } from '../../faults.js';
import type { TrainingPicture, UnreadPicture } from '../../score/training-pictures.js';
import { readLabelsFile } from './labels-file.js';
import { folderOf } from './picture-paths.js';
import { readPredictionsFile } from './predictions-file.js';
import type { PictureAbout } from './predictions-file.js';
import { defaultMaxPictureBytes, readPicture } from './read-picture.js';
import { surveyPictures } from './survey-pictures.js';
import type { PictureSurvey } from './survey-pictures.js';
import { requireFolder, walkPictures } from './walk-pictures.js';

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

export interface TrainingPictures {
  readonly survey: PictureSurvey;
  /** Lines of the predictions that bring an embedding: a reference makes its own. */
  readonly embeddings: number;
  /** In the order of their paths, each read when it is asked for. */
  readonly pictures: AsyncGenerator<TrainingPicture | UnreadPicture, void>;
}

/**
 * The pictures of a directory with what the files say of them.
 * @throws EdgeminerError `input.not-found` and `input.invalid` for the directory and the files.
 */
export async function openTrainingPictures(
  directory: string,
  files: TrainingFiles = {},
): Promise<TrainingPictures> {
  await requireFolder(directory);
  const labels =
    files.labels === undefined ? undefined : await readLabelsFile(files.labels, directory);
  const known =
    files.predictions === undefined
      ? undefined
      : await readPredictionsFile(files.predictions, directory);
  const about = [
    { file: files.labels, paths: labels?.keys() },
    { file: files.predictions, paths: known?.keys() },
  ].flatMap(({ file, paths }) =>
    file === undefined || paths === undefined ? [] : [{ file, paths }],
  );
  return {
    survey: await surveyPictures(directory, about),
    embeddings: [...(known?.values() ?? [])].filter(({ embedding }) => embedding !== undefined)
      .length,
    pictures: trainingPictures(directory, files, labels, known),
  };
}

async function* trainingPictures(
  directory: string,
  { maxBytes = defaultMaxPictureBytes, sourcesByFolder }: TrainingFiles,
  labels: ReadonlyMap<string, string> | undefined,
  known: ReadonlyMap<string, PictureAbout> | undefined,
): AsyncGenerator<TrainingPicture | UnreadPicture, void> {
  for await (const path of walkPictures(directory)) {
    const read = await readOrFault(join(directory, path), maxBytes);
    if ('fault' in read) {
      yield { path, fault: read.fault };
      continue;
    }
    const { bytes } = read;
    const label = labels?.get(path);
    const about = known?.get(path);
    const predictions = about?.predictions;
    const occurredAt = about?.occurredAt;
    const sourceId = about?.sourceId ?? (sourcesByFolder === true ? folderOf(path) : undefined);
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
