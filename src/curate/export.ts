import { EdgeminerError } from '../faults.js';
import { contentHash } from '../image/content-hash.js';
import type { ImageStore } from '../image/image-store.js';
import type { CuratedItem, CuratedSet } from './curated-set.js';
import { cocoLayout } from './exports/coco.js';
import { imageFolderLayout } from './exports/imagefolder.js';
import { jsonlLayout } from './exports/jsonl.js';
import type { ExportFile, ExportLayout } from './exports/layout.js';
import { manifestFile } from './exports/manifest.js';

const layouts = {
  coco: cocoLayout,
  imagefolder: imageFolderLayout,
  jsonl: jsonlLayout,
} as const satisfies Record<string, ExportLayout>;

export type ExportFormat = keyof typeof layouts;

/** Formats of docs/exports.md. */
export const exportFormats = Object.keys(layouts) as readonly ExportFormat[];

/**
 * The files of an export, one at a time: descriptions, then pictures in the order of the items,
 * then `manifest.json`, so that a folder with a manifest is whole. The same set gives the same
 * paths and bytes in the same order; no path comes twice. Throws `image.not-found` or
 * `image.hash-mismatch` for a picture that the store lost or damaged, and `input.invalid` for
 * a set that the format can't hold (before any file).
 */
export async function* exportCuratedSet(
  set: CuratedSet,
  images: Pick<ImageStore, 'get'>,
  format: ExportFormat,
): AsyncGenerator<ExportFile, void, void> {
  const layout: ExportLayout = layouts[format];
  yield* layout.descriptions(set);
  const written = new Set<string>();
  for (const item of set.items) {
    const path = layout.imagePath(item);
    if (written.has(path)) continue;
    written.add(path);
    yield { path, bytes: await imageOf(item, images) };
  }
  yield manifestFile(set, format, layout);
}

async function imageOf(
  { taskId, image }: CuratedItem,
  images: Pick<ImageStore, 'get'>,
): Promise<Uint8Array> {
  const stored = await images.get(image.hash);
  if (stored === undefined) {
    throw new EdgeminerError(
      'image.not-found',
      `The image ${image.hash} of task ${taskId} is not in the image store.`,
      {
        field: 'image.hash',
        mend: 'Point `images` at the store that the tasks were mined into, or restore it.',
      },
    );
  }
  if (contentHash(stored.bytes) !== image.hash) {
    throw new EdgeminerError(
      'image.hash-mismatch',
      `The image ${image.hash} of task ${taskId} was damaged in the image store.`,
      { field: 'image.hash', mend: 'Restore the image store from a backup.' },
    );
  }
  return stored.bytes;
}
