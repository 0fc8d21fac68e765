import { join } from 'node:path';
import type { Delivery, EventSource, Reading } from '../../event/event-source.js';
import { isEdgeminerError } from '../../faults.js';
import { eventId, sourceId } from '../../ids.js';
import type { ModelName, ModelVersion, SourceId } from '../../ids.js';
import { folderOf } from './picture-paths.js';
import { readPredictionsFile } from './predictions-file.js';
import type { PictureAbout } from './predictions-file.js';
import { defaultMaxPictureBytes, readPicture } from './read-picture.js';
import { surveyPictures } from './survey-pictures.js';
import type { PictureSurvey } from './survey-pictures.js';
import { requireFolder, walkPictures } from './walk-pictures.js';

export interface DirectoryOptions {
  readonly directory: string;
  readonly modelName: ModelName;
  readonly modelVersion: ModelVersion;
  /** `directory` unless told; a line of `predictions` may say another one. */
  readonly sourceId?: SourceId;
  /** A picture's source is the first folder of its path, if it lies in one. */
  readonly sourcesByFolder?: boolean;
  /** JSON-lines file: what is known of each picture. See predictions-file.ts. */
  readonly predictions?: string;
  /** A larger picture is an `image.too-large` reading; 32 MiB unless told. */
  readonly maxBytes?: number;
}

export interface DirectorySource extends EventSource {
  /** Of the directory as it was when it was opened. */
  readonly survey: PictureSurvey;
}

/**
 * The pictures of a directory as events, in the order of their paths. An event's id is its path,
 * with a part of its hash where another picture of that path has a task already, and its time the
 * file's modification time, unless its line in `predictions` says another: copies lose that time, so
 * give `occurredAt` there for runs on several machines to agree.
 * @throws EdgeminerError `input.not-found` where there is no such directory or file, and
 * `input.invalid` that names line and field of the predictions.
 */
export async function openDirectorySource(options: DirectoryOptions): Promise<DirectorySource> {
  const { directory, predictions, maxBytes = defaultMaxPictureBytes } = options;
  await requireFolder(directory);
  const known: ReadonlyMap<string, PictureAbout> =
    predictions === undefined ? new Map() : await readPredictionsFile(predictions, directory);
  const survey = await surveyPictures(
    directory,
    predictions === undefined ? [] : [{ file: predictions, paths: known.keys() }],
  );
  const closing = new AbortController();

  async function read(path: string): Promise<Reading> {
    try {
      const { bytes, modifiedAt } = await readPicture(join(directory, path), maxBytes);
      const folder = options.sourcesByFolder === true ? folderOf(path) : undefined;
      const own = folder === undefined ? options.sourceId : sourceId(folder);
      const event = {
        eventId: eventId(path),
        // A folder of each day may have the same names, and a camera may write over its last picture.
        idIsPlace: true,
        occurredAt: modifiedAt,
        modelName: options.modelName,
        modelVersion: options.modelVersion,
        sourceId: own ?? sourceId('directory'),
        image: { kind: 'inline', bytes },
        predictions: { kind: 'none' },
        tags: {},
        ...known.get(path),
      } as const;
      return { kind: 'event', event };
    } catch (error) {
      if (!isEdgeminerError(error) || error.retriable) throw error;
      return { kind: 'unreadable', fault: error };
    }
  }

  async function* deliveries(signal: AbortSignal): AsyncGenerator<Delivery, void> {
    let index = 0;
    for await (const path of walkPictures(directory)) {
      if (signal.aborted || closing.signal.aborted) return;
      yield {
        origin: { stream: directory, partition: 0, offset: String(index) },
        raw: undefined,
        revoked: false,
        read: () => read(path),
        acknowledge() {
          // A directory is read from its start each time; nothing is to be remembered.
        },
      };
      index += 1;
    }
  }

  return {
    survey,
    deliveries,
    backlog: () => [],
    async close() {
      closing.abort();
    },
  };
}
