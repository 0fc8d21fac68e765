import { classesNamed } from '../../label/label-classes.js';
import type { Attributes, LabelBody } from '../../label/label.js';
import { polygonArea, polygonBounds } from '../../label/polygon-geometry.js';
import type { Rectangle } from '../../score/confidence/boxes.js';
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
 * COCO has no image classification. A class of the picture becomes an annotation whose box is the
 * whole picture, marked `"image_level": true`: readers of detection data need a box. Attributes
 * stand as CVAT writes them, in `attributes`; COCO has no place for them either.
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
  /** Of polygons: x and y of all corners, one after the other. */
  readonly segmentation: readonly (readonly number[])[];
  readonly image_level?: true;
  readonly attributes?: Attributes;
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
        area: object.area,
        iscrowd: 0,
        segmentation: object.segmentation ?? [],
        ...(object.image_level && { image_level: object.image_level }),
        ...attributesOf(object),
      };
    });
    return { item, imageId, annotations };
  });
}

interface Described extends Pick<Annotation, 'bbox' | 'area' | 'image_level' | 'attributes'> {
  readonly class: string;
  readonly segmentation?: Annotation['segmentation'];
}

function objectsOf(label: LabelBody, { width, height }: CuratedItem['image']): Described[] {
  switch (label.kind) {
    case 'class':
    case 'classes': {
      const whole = { ...placed({ x: 0, y: 0, width, height }), image_level: true } as const;
      return classesNamed(label).map((name) => ({ class: name, ...whole }));
    }
    case 'boxes':
      return label.boxes.map((box) => ({
        class: box.class,
        ...placed(box),
        ...attributesOf(box),
      }));
    case 'polygons':
      return label.polygons.map((polygon) => ({
        class: polygon.class,
        ...placed(polygonBounds(polygon.points)),
        area: polygonArea(polygon.points),
        segmentation: [polygon.points.flat()],
        ...attributesOf(polygon),
      }));
  }
}

/** By name, so that the same label makes the same bytes. */
function attributesOf({ attributes }: { readonly attributes?: Attributes }) {
  if (attributes === undefined) return {};
  const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return { attributes: Object.fromEntries(sorted) };
}

function placed({ x, y, width, height }: Rectangle): Pick<Annotation, 'bbox' | 'area'> {
  return { bbox: [x, y, width, height], area: width * height };
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
    ...attributesOf(item.label),
    ...(item.label.text !== undefined && { text: item.label.text }),
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
