import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDirectoryImageStore } from '../../src/adapters/directory/directory-image-store.js';
import type { CuratedItem, CuratedSet, Split } from '../../src/curate/curated-set.js';
import { splits } from '../../src/curate/curated-set.js';
import { exportCuratedSet } from '../../src/curate/export.js';
import type { ExportFormat } from '../../src/curate/export.js';
import { snapshot } from '../../src/curate/snapshot.js';
import { decodeImage } from '../../src/image/decode.js';
import type { ImageContentType, ImageStore } from '../../src/image/image-store.js';
import { perceptualHash } from '../../src/image/perceptual-hash.js';
import { classesNamed } from '../../src/label/label-classes.js';
import type { LabelBody, Point } from '../../src/label/label.js';
import type { Task } from '../../src/queue/task.js';
import { labelledTask } from '../fixtures/labelled-task.js';
import { describeWithPython } from '../services/python.js';

interface CocoFound {
  readonly categories: Readonly<Record<string, string>>;
  readonly images: readonly { id: number; stated: [number, number]; decoded: [number, number] }[];
  readonly annotations: readonly Readonly<Record<string, unknown>>[];
  readonly averagePrecision: number | null;
}

interface FolderFound {
  readonly features: Readonly<Record<string, string>>;
  readonly rows: readonly (Readonly<Record<string, unknown>> & { decoded: [number, number] })[];
}

describeWithPython('exports in Python', (python) => {
  let folder: string;
  let images: ImageStore;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeminer-exports-'));
    images = await openDirectoryImageStore({ path: path.join(folder, 'store') });
  });

  afterAll(async () => {
    await images.close();
    await rm(folder, { recursive: true });
  });

  async function exported(set: CuratedSet, format: ExportFormat): Promise<string> {
    const target = await mkdtemp(path.join(folder, `${format}-`));
    for await (const file of exportCuratedSet(set, images, format)) {
      const place = path.join(target, file.path);
      await mkdir(path.dirname(place), { recursive: true });
      await writeFile(place, file.bytes);
    }
    return target;
  }

  async function load<Found>(script: string, target: string): Promise<Record<Split, Found>> {
    const file = fileURLToPath(new URL(script, import.meta.url));
    const { stdout } = await promisify(execFile)(python(), [file, target], {
      maxBuffer: 64 * 1024 * 1024,
      env: {
        ...process.env,
        HF_HUB_OFFLINE: '1',
        HF_HOME: path.join(folder, 'huggingface'),
        HF_DATASETS_CACHE: path.join(folder, 'huggingface', 'datasets'),
      },
    });
    return JSON.parse(stdout) as Record<Split, Found>;
  }

  /** A labelled task of a picture of its own, as the miner would have stored it. */
  async function mined(index: number, body: LabelBody): Promise<Task> {
    const bytes = await picture(index);
    const { width, height, contentType, plane } = await decodeImage(bytes, { maxPixels: 1e6 });
    const hash = await images.put(bytes, contentType);
    return labelledTask({
      event: `event-${index}`,
      labelledAt: 1_700_000_100_000 + index,
      // The second task opens the validation split: its columns alone read as dates and fractions.
      modelVersion: index === 1 ? '2024-05-01' : '3.1.0',
      inclusionProbability: index === 1 ? 0.3 : 1,
      body,
      image: { hash, contentType, width, height, perceptualHash: perceptualHash(plane) },
    });
  }

  async function setOf(bodies: readonly LabelBody[]): Promise<CuratedSet> {
    const tasks = await Promise.all(bodies.map((body, index) => mined(index, body)));
    // The same picture came twice, and was labelled twice.
    const again = { ...(await mined(0, bodies[0] ?? classes(0))), ...sameEventLater };
    return snapshot([...tasks, again], {
      name: 'night shift',
      createdAt: 1_700_000_200_000,
      split: {
        shares: { train: 0.6, validation: 0.2, test: 0.2 },
        seed: 'edgeminer',
        incidentGap: 60_000,
        nearDuplicateBits: 4,
      },
    });
  }

  function classes(index: number): LabelBody {
    return { kind: 'class', class: index % 2 === 0 ? 'cat' : 'dog' };
  }

  function boxes(index: number): LabelBody {
    const box = { class: 'cat', x: 1, y: 2, width: 10, height: 12.5 };
    return {
      kind: 'boxes',
      boxes: index % 4 === 3 ? [] : [box, { ...box, class: 'ant', x: index }],
    };
  }

  function severalClasses(index: number): LabelBody {
    const classes = index % 3 === 0 ? ['cat', 'dog'] : ['cat'];
    return {
      kind: 'classes',
      classes,
      text: '2024-05-01',
      attributes: { blurred: index % 2 === 0 },
    };
  }

  function outlines(index: number): LabelBody {
    const points: readonly Point[] = [
      [1, 1],
      [9, 1.5],
      [4, 9],
    ];
    return {
      kind: 'polygons',
      polygons: [{ class: 'cat', points, attributes: { age: index, parts: ['head'] } }],
    };
  }

  function itemsIn(set: CuratedSet, split: Split): CuratedItem[] {
    return set.items.filter((item) => item.split === split);
  }

  const count = 12;
  const numbers = Array.from({ length: count }, (_, index) => index);

  it.each([
    ['boxes', boxes],
    ['classes', classes],
  ])('pycocotools loads and evaluates %s', async (kind, bodyOf) => {
    const set = await setOf(numbers.map(bodyOf));
    const found = await load<CocoFound>('load_coco.py', await exported(set, 'coco'));
    expect(Object.keys(found).sort()).toEqual([...splits].sort());
    const categories = Object.fromEntries(set.classes.map((name, index) => [index + 1, name]));
    for (const split of splits) {
      const items = itemsIn(set, split);
      const { images: loaded, annotations, ...rest } = found[split];
      expect(rest.categories).toEqual(categories);
      expect(loaded.map(({ stated }) => stated)).toEqual(
        items.map(({ image }) => [image.width, image.height]),
      );
      expect(loaded.map(({ decoded }) => decoded)).toEqual(loaded.map(({ stated }) => stated));
      const expected = items.flatMap(({ label, image }) =>
        label.kind === 'boxes'
          ? label.boxes.map((box) => [box.class, [box.x, box.y, box.width, box.height]])
          : classesNamed(label).map((name) => [name, [0, 0, image.width, image.height]]),
      );
      expect(annotations.map((a) => [categories[Number(a['category_id'])], a['bbox']])).toEqual(
        expected,
      );
      const marked = annotations.filter((annotation) => annotation['image_level'] === true);
      expect(marked).toHaveLength(kind === 'classes' ? items.length : 0);
      expect(rest.averagePrecision).toBeCloseTo(1, 6);
    }
  });

  it('pycocotools decodes the masks of polygons', async () => {
    const set = await setOf(numbers.map(outlines));
    const found = await load<CocoFound>('load_coco.py', await exported(set, 'coco'));
    for (const split of splits) {
      const { annotations } = found[split];
      expect(annotations).toHaveLength(itemsIn(set, split).length);
      for (const annotation of annotations) {
        expect(annotation['area']).toBe(31.25);
        // Pixels are in or out: a mask of so few is near the area, not it.
        expect(Math.abs(Number(annotation['maskPixels']) - 31.25)).toBeLessThan(6);
        expect(annotation['attributes']).toMatchObject({ parts: ['head'] });
      }
    }
  });

  it.each([
    ['several classes with text and attributes', severalClasses, ['labels', 'label_json']],
    ['polygons', outlines, ['outlines', 'label_json']],
  ])('datasets loads an ImageFolder of %s', async (_kind, bodyOf, labelColumns) => {
    const set = await setOf(numbers.map(bodyOf));
    const found = await load<FolderFound>(
      'load_imagefolder.py',
      await exported(set, 'imagefolder'),
    );
    for (const split of splits) {
      const { features, rows } = found[split];
      expect(features).toEqual({
        image: expect.stringMatching(/^Image\(/) as string,
        ...Object.fromEntries(
          labelColumns.map((name) => [name === 'outlines' ? 'objects' : name, labelFeatures[name]]),
        ),
        ...lineageFeatures,
      });
      itemsIn(set, split).forEach(({ label }, index) => {
        expect(JSON.parse(String(rows[index]?.['label_json']))).toEqual(label);
      });
    }
  });

  it.each([
    ['boxes', boxes, ['objects']],
    ['classes', classes, ['label']],
    [
      'both kinds',
      (index: number) => (index % 3 === 2 ? classes(index) : boxes(index)),
      ['label', 'objects'],
    ],
  ])('datasets loads an ImageFolder of %s', async (_kind, bodyOf, labelColumns) => {
    const set = await setOf(numbers.map(bodyOf));
    const target = await exported(set, 'imagefolder');
    const found = await load<FolderFound>('load_imagefolder.py', target);
    expect(Object.keys(found).sort()).toEqual([...splits].sort());
    for (const split of splits) {
      const items = itemsIn(set, split);
      const { features, rows } = found[split];
      expect(features).toEqual({
        image: expect.stringMatching(/^Image\(/) as string,
        ...Object.fromEntries(labelColumns.map((name) => [name, labelFeatures[name]])),
        ...lineageFeatures,
      });
      expect(rows.map((row) => row['task_id'])).toEqual(items.map((item) => item.taskId));
      expect(rows.map((row) => row['weight'])).toEqual(items.map((item) => item.weight));
      expect(rows.map((row) => row.decoded)).toEqual(
        items.map(({ image }) => [image.width, image.height]),
      );
      items.forEach(({ label, lineage }, index) => {
        const row: FolderFound['rows'][number] | undefined = rows[index];
        if (label.kind === 'class') expect(row?.['label']).toBe(label.class);
        if (label.kind === 'boxes') {
          expect(row?.['objects']).toEqual({
            bbox: label.boxes.map((box) => [box.x, box.y, box.width, box.height]),
            categories: label.boxes.map((box) => box.class),
          });
        }
        expect(row?.['model']).toBe(`animals@${lineage.modelVersion}`);
        expect(JSON.parse(String(row?.['lineage']))).toEqual(lineage);
      });
    }
  });
});

const sameEventLater = (() => {
  const { id, eventId, sourceId } = labelledTask({ event: 'event-0 again' });
  return { id, eventId, sourceId };
})();

const labelFeatures: Readonly<Record<string, string>> = {
  label: "Value('string')",
  labels: "List(Value('string'))",
  objects: "{'bbox': List(List(Value('float64'))), 'categories': List(Value('string'))}",
  outlines:
    "{'bbox': List(List(Value('float64'))), 'categories': List(Value('string')), " +
    "'segmentation': List(List(Value('float64')))}",
  label_json: "Value('string')",
};

const lineageFeatures = {
  label_kind: "Value('string')",
  weight: "Value('float64')",
  width: "Value('int64')",
  height: "Value('int64')",
  image_sha256: "Value('string')",
  task_id: "Value('string')",
  group: "Value('string')",
  event: "Value('string')",
  occurred_at: "Value('int64')",
  model: "Value('string')",
  reference: "Value('string')",
  reasons: "List(Value('string'))",
  priority: "Value('float64')",
  labelled_at: "Value('int64')",
  label_set: "Value('string')",
  lineage: "Value('string')",
};

const contentTypes: readonly ImageContentType[] = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/avif',
];

/** A small picture, different for each index; every JPEG lies on its side by EXIF. */
async function picture(index: number): Promise<Uint8Array> {
  const width = 48 + index;
  const height = 32;
  const raw = Buffer.from(
    Array.from({ length: width * height * 3 }, (_, at) => {
      const x = Math.floor(at / 3) % width;
      const y = Math.floor(at / 3 / width);
      return Math.round(
        127 + 127 * Math.sin((x * (index + 1) + y * (index * 7 + 3)) / 9 + (at % 3)),
      );
    }),
  );
  const image = sharp(raw, { raw: { width, height, channels: 3 } });
  switch (contentTypes[index % contentTypes.length]) {
    case 'image/png':
      return image.png().toBuffer();
    case 'image/webp':
      return image.webp().toBuffer();
    case 'image/avif':
      return image.avif().toBuffer();
    default:
      return image.withMetadata({ orientation: 6 }).jpeg().toBuffer();
  }
}
