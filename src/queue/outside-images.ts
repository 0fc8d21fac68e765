import pLimit from 'p-limit';
import { EdgeminerError, isEdgeminerError, messageOf } from '../faults.js';
import { withoutSecrets } from '../image/allow-list.js';
import type { ImageFetcher } from '../image/image-fetcher.js';
import type { ImageStore, StoredImage } from '../image/image-store.js';
import type { ImageHash } from '../ids.js';
import type { ImageUses } from './image-uses.js';
import type { TaskReader } from './relabel-queue.js';
import type { Task } from './task.js';

export interface OutsideImageDeps {
  readonly uses: ImageUses;
  readonly reader: Pick<TaskReader, 'find'>;
  /** Opens when the first image that lies outside is asked for; closed with the store. */
  readonly openFetcher: () => Promise<ImageFetcher>;
}

/** Each holds as many bytes as a fetch may read, so this bounds memory too. */
const fetchesAtOnce = 8;
/** A camera that stands still may have named thousands of places for the same bytes. */
const placesTried = 10;

/**
 * An image store that also gives the images which a task keeps by reference: from where they lie,
 * and only while a task shows them. A copy in the store goes first. Of an image outside, `get` throws
 *
 * - `image.hash-mismatch`: other bytes lie there now,
 * - `image.not-found`, `image.forbidden`, `image.too-large`: it can't be had any more,
 * - `image.unreachable`: it may be had later.
 *
 * `has` fetches as well, for only the bytes tell whether the picture is still the same; it throws
 * `image.unreachable`, and is false where `get` throws anything else of these.
 */
export function withOutsideImages<Store extends ImageStore>(
  store: Store,
  { uses, reader, openFetcher }: OutsideImageDeps,
): Store {
  const limit = pLimit(fetchesAtOnce);
  const closing = new AbortController();
  let opened: Promise<ImageFetcher> | undefined;

  async function fetcher(): Promise<ImageFetcher> {
    opened ??= openFetcher();
    return opened;
  }

  async function look(hash: ImageHash): Promise<StoredImage | undefined> {
    let failure: EdgeminerError | undefined;
    const tried = new Set<string>();
    for (const { taskId } of await uses.usesOf([hash])) {
      const task = await reader.find(taskId);
      const { kept, uri, contentType } = task?.image ?? {};
      if (task === undefined || kept !== 'reference') continue;
      if (uri === undefined || contentType === undefined || tried.has(uri)) continue;
      if (tried.size >= placesTried) break;
      tried.add(uri);
      try {
        const bytes = await limit(async () =>
          (await fetcher()).fetch(
            { kind: 'reference', uri, sha256: hash },
            { signal: closing.signal, makeRoom: async () => undefined },
          ),
        );
        return { bytes, contentType };
      } catch (error) {
        if (!isEdgeminerError(error)) throw error;
        // Of several places, what may pass counts: the image is not known to be lost.
        if (failure?.retriable !== true) failure = explained(error, task, uri);
      }
    }
    if (failure !== undefined) throw failure;
    return undefined;
  }

  async function isOutside(hash: ImageHash): Promise<boolean> {
    try {
      return (await look(hash)) !== undefined;
    } catch (error) {
      if (isEdgeminerError(error) && !error.retriable) return false;
      throw error;
    }
  }

  return {
    ...store,
    get: async (hash) => (await store.get(hash)) ?? (await look(hash)),
    has: async (hash) => (await store.has(hash)) || (await isOutside(hash)),
    async close() {
      closing.abort(new EdgeminerError('image.unreachable', 'the image store was closed'));
      try {
        await (await opened?.catch(() => undefined))?.close();
      } finally {
        await store.close();
      }
    },
  };
}

function explained(fault: EdgeminerError, { id }: Task, uri: string): EdgeminerError {
  const place = withoutSecrets(uri);
  switch (fault.code) {
    case 'image.hash-mismatch':
      return new EdgeminerError(
        fault.code,
        `the picture of task ${id} changed at its source: ${place} has other bytes now`,
        {
          cause: fault,
          field: 'image.uri',
          mend: 'Bring the picture back there, or cancel the task; with images.keep: copy none changes.',
        },
      );
    case 'image.not-found':
      return new EdgeminerError(
        fault.code,
        `the picture of task ${id} is gone from its source: ${messageOf(fault)}`,
        {
          cause: fault,
          field: 'image.uri',
          mend: 'Bring the picture back there, or cancel the task; with images.keep: copy none is lost.',
        },
      );
    default:
      return fault;
  }
}
