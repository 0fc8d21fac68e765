import type { ImageShelf } from '../image/image-shelf.js';
import type { AnnotatorId, CuratedSetVersion, ImageHash, SourceId } from '../ids.js';
import type { ImageUses } from '../queue/image-uses.js';
import type { TaskReader } from '../queue/relabel-queue.js';
import type { TaskEraser } from '../queue/task-eraser.js';
import { taskPages } from '../queue/task-pages.js';
import type { CuratedItem } from './curated-set.js';
import type { CuratedSetStore } from './curated-set-store.js';

export interface ErasureDeps {
  readonly reader: Pick<TaskReader, 'list' | 'find'>;
  readonly eraser: TaskEraser & ImageUses;
  readonly shelf: Pick<ImageShelf, 'remove'>;
  readonly sets: Pick<CuratedSetStore, 'list' | 'find'>;
}

export interface ErasureRequest {
  readonly source: SourceId;
  readonly by: AnnotatorId;
  readonly reason: string;
  readonly now: number;
  readonly dryRun: boolean;
}

export interface SourceErasure {
  readonly dryRun: boolean;
  readonly tasks: number;
  readonly images: {
    readonly removed: number;
    /** Tasks of another source show the same bytes. */
    readonly shared: number;
    /** Put again meanwhile: run it once more when the source has stopped. */
    readonly putSince: number;
    /** Not in the store (any more). */
    readonly missing: number;
    /** Never copied: they lie where the events pointed, which is not edgeminer's to erase. */
    readonly outside: number;
  };
  readonly curatedSets: readonly TouchedSet[];
}

/**
 * A curated set that holds something of what was erased. It can't be changed: of its pictures the
 * bytes are gone, its list of items keeps ids, labels and lineage.
 */
export interface TouchedSet {
  readonly version: CuratedSetVersion;
  readonly name: string;
  readonly items: number;
  readonly of: number;
}

const pageSize = 100;

/**
 * Erases all tasks of a source and the images that no other source shows. The images of a task go
 * first: what is broken off is taken up again by the next run.
 */
export async function eraseSource(
  { reader, eraser, shelf, sets }: ErasureDeps,
  { source, by, reason, now, dryRun }: ErasureRequest,
): Promise<SourceErasure> {
  const images = { removed: 0, shared: 0, putSince: 0, missing: 0, outside: 0 };
  const counted = { removed: 'removed', 'put-since': 'putSince', unknown: 'missing' } as const;
  const seen = new Set<ImageHash>();
  let tasks = 0;
  const touched = await setsWith(sets, ({ lineage }) => lineage.sourceId === source);

  async function isShared(hash: ImageHash): Promise<boolean> {
    for (const use of await eraser.usesOf([hash])) {
      const task = await reader.find(use.taskId);
      if (task !== undefined && task.sourceId !== source) return true;
    }
    return false;
  }

  for await (const page of taskPages(reader, { sourceId: source }, pageSize, () => now)) {
    for (const { image } of page) {
      if (seen.has(image.hash)) continue;
      seen.add(image.hash);
      if (await isShared(image.hash)) images.shared += 1;
      else if (dryRun) images[image.kept === 'reference' ? 'outside' : 'removed'] += 1;
      else {
        const removal = counted[await shelf.remove(image.hash, now)];
        images[removal === 'missing' && image.kept === 'reference' ? 'outside' : removal] += 1;
      }
    }
    const ids = page.map(({ id }) => id);
    tasks += dryRun ? ids.length : (await eraser.erase(ids, { by, reason }, now)).length;
  }
  return { dryRun, tasks, images, curatedSets: touched };
}

/** The curated sets that hold items like this. */
export async function setsWith(
  sets: Pick<CuratedSetStore, 'list' | 'find'>,
  holds: (item: CuratedItem) => boolean,
): Promise<TouchedSet[]> {
  const touched: TouchedSet[] = [];
  for (const { version, name } of await sets.list()) {
    const items = (await sets.find(version))?.items ?? [];
    const count = items.filter(holds).length;
    if (count > 0) touched.push({ version, name, items: count, of: items.length });
  }
  return touched;
}
