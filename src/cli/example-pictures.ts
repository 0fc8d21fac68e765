import { resolve } from 'node:path';
import { readPicture } from '../adapters/directory/read-picture.js';
import type { Config } from '../config/load-config.js';
import { isEdgeminerError } from '../faults.js';
import type { ExamplePicture } from '../http/deps.js';
import { taskId } from '../ids.js';
import { contentTypeOf } from '../image/content-type.js';
import type { Stores } from './open-stores.js';

/**
 * The pictures that label sets name as examples: of a task by its id, else of a file, relative to
 * the configuration. Undefined for what is not there or is no picture that edgeminer takes;
 * throws `store.unavailable` and `image.unreachable` for what may pass.
 */
export function examplePictures(
  { directory, fetch }: Pick<Config, 'directory' | 'fetch'>,
  { queue, images }: Pick<Stores, 'queue' | 'images'>,
): (example: string) => Promise<ExamplePicture | undefined> {
  return async (example) => {
    if (/^[0-9a-f]{64}$/.test(example)) {
      const task = await queue.find(taskId(example));
      return task === undefined ? undefined : unlessLost(() => images.get(task.image.hash));
    }
    const bytes = await bytesOf(resolve(directory, example), fetch.maxBytes);
    const contentType = bytes === undefined ? undefined : contentTypeOf(bytes);
    return bytes === undefined || contentType === undefined ? undefined : { bytes, contentType };
  };
}

async function bytesOf(file: string, maxBytes: number): Promise<Uint8Array | undefined> {
  return (await unlessLost(() => readPicture(file, maxBytes)))?.bytes;
}

async function unlessLost<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (isEdgeminerError(error) && !error.retriable) return undefined;
    throw error;
  }
}
