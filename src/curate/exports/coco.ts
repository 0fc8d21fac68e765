import type { LabelBody } from '../../label/label.js';
import { splits } from '../curated-set.js';
import type { CuratedItem, CuratedSet, Split } from '../curated-set.js';
import { imageFileName, textFile } from './layout.js';
import type { ExportFile, ExportLayout } from './layout.js';

/**
 * COCO object detection (https://cocodataset.org/#format-data): `images/<split>/` and
 * `annotations/instances_<split>.json` for each split that has items. Category ids count from
 * 1 over the set's sorted classes, image and annotation ids over all items, so that they agree
 * between splits. `file_name` is relative to `images/<split>`, as in the COCO downloads.
 *
 * COCO has no image classification. A class label becomes one annotation whose box is the whole
 * picture, marked `"image_level": true`: readers of detection data need a box.
 */
export const cocoLayout: ExportLayout = {
  imagePath: (item) => `images/${item.split}/${imageFileName(item)}`,
  *descriptions(set) {
    const categoryIds = new Map(set.classes.map((name, index) => [name, index + 1]));
    const numbered = number(set, categoryIds);
    for (const split of splits) {
      const entries = numbered.filter((entry) => entry.item.split === split);
      if (entries.length > 0) yield instances(set, split, entries, categoryIds);
    }
  },
};

interface Entry {
  readonly item: CuratedItem;
  readonly imageId: number;
  readonly annotations: readonly Annotation[];
}

interface Annotation {
  readonly id: number;
  readonly image_id: number;
  readonly category_id: number;
  /** x, y, width, height in pixels of the upright picture. */
  readonly bbox: readonly [number, number, number, number];
  readonly area: number;
  readonly iscrowd: 0;
  readonly segmentation: readonly never[];
  readonly image_level?: true;
}

function number(set: CuratedSet, categoryIds: ReadonlyMap<string, number>): Entry[] {
  let annotationId = 0;
  return set.items.map((item, index) => {
    const imageId = index + 1;
    const annotations = objectsOf(item.label, item.image).map((object): Annotation => {
      const categoryId = categoryIds.get(object.class);
      if (categoryId === undefined) {
        throw new Error(`class '${object.class}' is missing from the set's classes`);
      }
      annotationId += 1;
      return {
        id: annotationId,
        image_id: imageId,
        category_id: categoryId,
        bbox: object.bbox,
        area: object.bbox[2] * object.bbox[3],
        iscrowd: 0,
        segmentation: [],
        ...(item.label.kind === 'class' ? { image_level: true } : {}),
      };
    });
    return { item, imageId, annotations };
  });
}

function objectsOf(
  label: LabelBody,
  image: CuratedItem['image'],
): { readonly class: string; readonly bbox: Annotation['bbox'] }[] {
  if (label.kind === 'class') {
    return [{ class: label.class, bbox: [0, 0, image.width, image.height] }];
  }
  return label.boxes.map((box) => ({
    class: box.class,
    bbox: [box.x, box.y, box.width, box.height],
  }));
}

function instances(
  set: CuratedSet,
  split: Split,
  entries: readonly Entry[],
  categoryIds: ReadonlyMap<string, number>,
): ExportFile {
  const createdAt = new Date(set.createdAt);
  const info = {
    description: `edgeminer curated set ${set.name}, ${split}`,
    version: set.version,
    year: createdAt.getUTCFullYear(),
    date_created: createdAt.toISOString(),
  };
  const images = entries.map(({ item, imageId }) => ({
    id: imageId,
    file_name: imageFileName(item),
    width: item.image.width,
    height: item.image.height,
    date_captured: new Date(item.lineage.occurredAt).toISOString(),
    task_id: item.taskId,
    weight: item.weight,
  }));
  const categories = [...categoryIds].map(([name, id]) => ({ id, name, supercategory: '' }));
  const parts = [
    `"info":${JSON.stringify(info)}`,
    '"licenses":[]',
    `"categories":${lines(categories)}`,
    `"images":${lines(images)}`,
    `"annotations":${lines(entries.flatMap((entry) => entry.annotations))}`,
  ];
  return textFile(`annotations/instances_${split}.json`, `{${parts.join(',\n')}}\n`);
}

/** One entry per line, so that two versions can be compared by line. */
function lines(entries: readonly object[]): string {
  return `[\n${entries.map((entry) => JSON.stringify(entry)).join(',\n')}\n]`;
}
