import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { labelledTask } from '../../test/fixtures/labelled-task.js';
import { contentHash } from '../image/content-hash.js';
import type { ImageContentType } from '../image/image-store.js';
import type { LabelBody } from '../label/label.js';
import type { CuratedItem, CuratedSet, Split } from './curated-set.js';
import { exportCuratedSet, exportFormats } from './export.js';
import type { ExportFormat } from './export.js';
import { snapshot, versionOf } from './snapshot.js';

const split = {
  shares: { train: 0.8, validation: 0.1, test: 0.1 },
  seed: 'edgeminer',
  incidentGap: 0,
  nearDuplicateBits: 0,
};

function bytesOf(name: string): Uint8Array {
  return new TextEncoder().encode(`bytes of ${name}`);
}

interface Given {
  readonly name: string;
  readonly body?: LabelBody;
  readonly contentType?: ImageContentType;
  readonly inclusionProbability?: number;
}

function setOf(given: readonly Given[]): CuratedSet {
  const tasks = given.map(({ name, contentType, ...rest }, index) =>
    labelledTask({
      ...rest,
      event: `${name} ${index}`,
      labelledAt: index,
      image: {
        hash: contentHash(bytesOf(name)),
        perceptualHash: contentHash(bytesOf(name)).slice(0, 16),
        ...(contentType === undefined ? {} : { contentType }),
      },
    }),
  );
  return snapshot(tasks, { name: 'night shift', split, createdAt: 1_700_000_000_123 });
}

function storeOf(names: readonly string[]) {
  const stored = new Map(names.map((name) => [contentHash(bytesOf(name)), bytesOf(name)]));
  return {
    get: async (hash: ReturnType<typeof contentHash>) => {
      const bytes = stored.get(hash);
      return bytes === undefined ? undefined : { bytes, contentType: 'image/jpeg' as const };
    },
  };
}

const given: readonly Given[] = [
  { name: 'a' },
  { name: 'b', body: { kind: 'class', class: 'dog' }, contentType: 'image/png' },
  { name: 'c', inclusionProbability: 0.01, contentType: 'image/webp' },
  { name: 'd', contentType: 'image/avif' },
];

const boxes = [
  { class: 'zebra', x: 1, y: 2, width: 30, height: 40.5 },
  { class: 'ant', x: 0.25, y: 0, width: 5, height: 5 },
];
const boxed: readonly Given[] = ['a', 'b', 'c'].map((name) => ({
  name,
  body: { kind: 'boxes', boxes },
}));

const triangle: readonly (readonly [number, number])[] = [
  [10, 10],
  [30, 10],
  [10, 50],
];
/** A label of each kind, with all that it can hold. */
const rich: readonly Given[] = [
  {
    name: 'a',
    body: {
      kind: 'polygons',
      polygons: [{ class: 'ant', points: triangle, attributes: { parts: ['a', 'b'], age: 3 } }],
      attributes: { light: 'night' },
      text: '2024-05-01',
    },
  },
  { name: 'b', body: { kind: 'classes', classes: ['zebra', 'ant'], text: 'two' } },
  { name: 'c', body: { kind: 'class', class: 'ant', attributes: { blurred: true } } },
  {
    name: 'd',
    body: { kind: 'boxes', boxes: boxes.map((box) => ({ ...box, attributes: { age: 1 } })) },
  },
];
/** So many that every split has one of each. */
const richOften: readonly Given[] = Array.from({ length: 40 }, (_, n) =>
  rich.map((one) => ({ ...one, name: `${one.name}${n}` })),
).flat();

const images = storeOf(['a', 'b', 'c', 'd', 'e', ...richOften.map(({ name }) => name)]);

async function filesOf(set: CuratedSet, format: ExportFormat, store = images) {
  const files = new Map<string, string>();
  for await (const { path, bytes } of exportCuratedSet(set, store, format)) {
    expect(files.has(path)).toBe(false);
    files.set(path, new TextDecoder().decode(bytes));
  }
  return files;
}

function parsed(files: ReadonlyMap<string, string>, path: string): unknown {
  return JSON.parse(files.get(path) ?? 'null');
}

function rowsOf(text: string | undefined): Record<string, unknown>[] {
  const lines = (text ?? '').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

function itemIn(set: CuratedSet, place: Split): CuratedItem {
  const item = set.items.find((candidate) => candidate.split === place);
  if (item === undefined) throw new Error(`nothing in ${place}`);
  return item;
}

describe.each(exportFormats)('export as %s', (format) => {
  it('is the same bytes in the same order for the same set', async () => {
    const set = setOf(given);
    const keysTurned = JSON.parse(JSON.stringify(set), (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    ) as CuratedSet;
    const first = await filesOf(set, format);
    expect([...(await filesOf(keysTurned, format))]).toEqual([...first]);
  });

  it('carries every picture once, then the manifest', async () => {
    const set = setOf([...given, { name: 'a', body: { kind: 'class', class: 'dog' } }]);
    const files = await filesOf(set, format);
    const pictures = [...files].filter(([, text]) => text.startsWith('bytes of '));
    expect(pictures.map(([, text]) => text).sort()).toEqual(
      ['a', 'b', 'c', 'd'].map((name) => `bytes of ${name}`),
    );
    expect([...files.keys()].at(-1)).toBe('manifest.json');
  });

  it('has a manifest that fits its schema, names existing files and holds the version', async () => {
    const set = setOf([...given, ...boxed, ...richOften]);
    const files = await filesOf(set, format);
    const manifest = parsed(files, 'manifest.json') as Omit<CuratedSet, 'items'> & {
      readonly format: string;
      readonly items: readonly (CuratedItem & { readonly path: string })[];
    };
    const schemaFile = new URL(
      '../../schemas/curated-set-manifest.v1.schema.json',
      import.meta.url,
    );
    const schema = JSON.parse(await readFile(schemaFile, 'utf8')) as object;
    const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema);
    validate(manifest);
    expect(validate.errors).toBeNull();
    expect(manifest.format).toBe(format);
    for (const item of manifest.items) expect(files.has(item.path)).toBe(true);
    const items = manifest.items.map(({ path: _path, ...item }) => item);
    expect(versionOf({ ...manifest, items })).toBe(set.version);
  });

  it('names task and hash of a picture that the store lost', async () => {
    const set = setOf(given);
    const lost = contentHash(bytesOf('c'));
    const task = set.items.find((item) => item.image.hash === lost)?.taskId;
    await expect(filesOf(set, format, storeOf(['a', 'b', 'd']))).rejects.toMatchObject({
      code: 'image.not-found',
      message: `The image ${lost} of task ${task ?? ''} is not in the image store.`,
    });
  });

  it('passes on no picture that was damaged in the store', async () => {
    const store = {
      get: async () => ({ bytes: bytesOf('x'), contentType: 'image/jpeg' as const }),
    };
    await expect(filesOf(setOf(given), format, store)).rejects.toMatchObject({
      code: 'image.hash-mismatch',
    });
  });
});

describe('coco', () => {
  it('describes boxes in pixels, with ids that agree between splits', async () => {
    const set = setOf(boxed);
    const files = await filesOf(set, 'coco');
    expect([...files.keys()].filter((path) => path.startsWith('annotations/'))).toEqual([
      'annotations/instances_train.json',
      'annotations/instances_validation.json',
      'annotations/instances_test.json',
    ]);
    const item = itemIn(set, 'validation');
    const imageId = set.items.indexOf(item) + 1;
    expect(files.has(`images/validation/${item.image.hash}.jpg`)).toBe(true);
    expect(parsed(files, 'annotations/instances_validation.json')).toEqual({
      info: {
        description: 'edgeminer curated set night shift, validation',
        version: set.version,
        year: 2023,
        date_created: '2023-11-14T22:13:20.123Z',
      },
      licenses: [],
      categories: [
        { id: 1, name: 'ant', supercategory: '' },
        { id: 2, name: 'zebra', supercategory: '' },
      ],
      images: [
        {
          id: imageId,
          file_name: `${item.image.hash}.jpg`,
          width: 640,
          height: 480,
          date_captured: '2023-11-14T22:13:20.000Z',
          task_id: item.taskId,
          weight: 1,
        },
      ],
      annotations: [
        {
          id: 2 * imageId - 1,
          image_id: imageId,
          category_id: 2,
          bbox: [1, 2, 30, 40.5],
          area: 1215,
          iscrowd: 0,
          segmentation: [],
        },
        {
          id: 2 * imageId,
          image_id: imageId,
          category_id: 1,
          bbox: [0.25, 0, 5, 5],
          area: 25,
          iscrowd: 0,
          segmentation: [],
        },
      ],
    });
  });

  it('makes a class label one box over the whole picture, and says so', async () => {
    const files = await filesOf(setOf([{ name: 'a' }]), 'coco');
    expect(parsed(files, 'annotations/instances_train.json')).toMatchObject({
      categories: [{ id: 1, name: 'cat' }],
      annotations: [{ bbox: [0, 0, 640, 480], area: 307_200, category_id: 1, image_level: true }],
    });
  });

  it('has outlines as segmentations, with attributes of objects and pictures', async () => {
    const files = await filesOf(setOf(rich.slice(0, 1)), 'coco');
    expect(parsed(files, 'annotations/instances_train.json')).toMatchObject({
      images: [{ attributes: { light: 'night' }, text: '2024-05-01' }],
      annotations: [
        {
          bbox: [10, 10, 20, 40],
          area: 400,
          segmentation: [[10, 10, 30, 10, 10, 50]],
          attributes: { age: 3, parts: ['a', 'b'] },
        },
      ],
    });
  });

  it('makes each of several classes a box over the whole picture', async () => {
    const files = await filesOf(setOf(rich.slice(1, 2)), 'coco');
    expect(parsed(files, 'annotations/instances_train.json')).toMatchObject({
      categories: [
        { id: 1, name: 'ant' },
        { id: 2, name: 'zebra' },
      ],
      annotations: [
        { category_id: 2, bbox: [0, 0, 640, 480], image_level: true },
        { category_id: 1, bbox: [0, 0, 640, 480], image_level: true },
      ],
    });
  });

  it('keeps a picture without objects, without annotations', async () => {
    const files = await filesOf(setOf([{ name: 'a', body: { kind: 'boxes', boxes: [] } }]), 'coco');
    expect(parsed(files, 'annotations/instances_train.json')).toMatchObject({
      categories: [],
      images: [{ id: 1 }],
      annotations: [],
    });
  });
});

describe('imagefolder', () => {
  it('has the same columns in every row, and fractions that read as floats', async () => {
    const set = setOf([...given, ...boxed]);
    const files = await filesOf(set, 'imagefolder');
    const texts = ['train', 'validation', 'test'].map((name) =>
      files.get(`${name}/metadata.jsonl`),
    );
    const rows = texts.flatMap(rowsOf);
    expect(rows).toHaveLength(7);
    expect(new Set(rows.map((row) => Object.keys(row).join())).size).toBe(1);
    const text = texts.join('');
    expect(text.match(/"weight":1\.0,/g)).toHaveLength(6);
    expect(text.match(/"weight":100\.0,/g)).toHaveLength(1);
    expect(text).toContain('"bbox":[[1.0,2.0,30.0,40.5],[0.25,0.0,5.0,5.0]]');
    expect(text).not.toContain('null');
  });

  it('has a column only for the kinds of labels that there are', async () => {
    const classes = rowsOf(
      (await filesOf(setOf(given), 'imagefolder')).get('train/metadata.jsonl'),
    );
    expect(classes[0]).toMatchObject({ label_kind: 'class' });
    expect(classes[0]).not.toHaveProperty('objects');
    const objects = rowsOf(
      (await filesOf(setOf(boxed), 'imagefolder')).get('train/metadata.jsonl'),
    );
    expect(objects[0]).toMatchObject({ objects: { categories: ['zebra', 'ant'] } });
    expect(objects[0]).not.toHaveProperty('label');
  });

  it('has columns for outlines and several classes, and all of a label as JSON', async () => {
    const set = setOf(richOften);
    const files = await filesOf(set, 'imagefolder');
    const rows = ['train', 'validation', 'test'].flatMap((name) =>
      rowsOf(files.get(`${name}/metadata.jsonl`)),
    );
    expect(rows).toHaveLength(160);
    for (const row of rows) {
      const label = set.items.find(({ taskId }) => taskId === row['task_id'])?.label;
      expect(JSON.parse(String(row['label_json']))).toEqual(label);
      expect(row['label_kind']).toBe(label?.kind);
      expect(row['labels']).toEqual(label?.kind === 'classes' ? ['zebra', 'ant'] : []);
      const outlined = { bbox: [[10, 10, 20, 40]], categories: ['ant'] };
      if (label?.kind === 'polygons') {
        expect(row['objects']).toEqual({ ...outlined, segmentation: [triangle.flat()] });
      }
      if (label?.kind === 'boxes') {
        expect(row['objects']).toMatchObject({ segmentation: [[], []] });
      }
    }
  });

  it('names pictures relative to their split, and carries the lineage', async () => {
    const set = setOf(given);
    const files = await filesOf(set, 'imagefolder');
    const item = itemIn(set, 'test');
    const [row] = rowsOf(files.get('test/metadata.jsonl'));
    expect(files.has(`test/${String(row?.['file_name'])}`)).toBe(true);
    expect(row).toMatchObject({
      task_id: item.taskId,
      model: 'animals@3.1.0',
      event: `${item.lineage.sourceId}/${item.lineage.eventId}`,
      weight: 100,
    });
    expect(JSON.parse(String(row?.['lineage']))).toEqual(item.lineage);
  });

  it('refuses what `datasets` would misread, before the first file', async () => {
    const dated = setOf([{ name: 'a', body: { kind: 'class', class: '2024-05-01' } }]);
    await expect(filesOf(dated, 'imagefolder')).rejects.toMatchObject({
      code: 'input.invalid',
      field: 'classes',
    });
    const [first, second] = boxed;
    if (first === undefined || second === undefined) throw new Error('boxed is too short');
    const bare = setOf([first, { ...second, body: { kind: 'boxes', boxes: [] } }]);
    await expect(filesOf(bare, 'imagefolder')).rejects.toMatchObject({
      code: 'input.invalid',
      field: 'objects',
    });
    const unpicked = setOf([
      { name: 'a', body: { kind: 'classes', classes: ['ant'] } },
      { name: 'b', body: { kind: 'classes', classes: [] } },
    ]);
    await expect(filesOf(unpicked, 'imagefolder')).rejects.toMatchObject({ field: 'labels' });
  });

  it('takes a set in which no picture has a box', async () => {
    const set = setOf(['a', 'b'].map((name) => ({ name, body: { kind: 'boxes', boxes: [] } })));
    expect((await filesOf(set, 'imagefolder')).has('validation/metadata.jsonl')).toBe(true);
  });
});

describe('jsonl', () => {
  it('holds each item whole, with its path', async () => {
    const set = setOf([...given, ...boxed]);
    const files = await filesOf(set, 'jsonl');
    const rows = rowsOf(files.get('items.jsonl'));
    expect(rows.map(({ path: _path, ...item }) => item)).toEqual(set.items);
    for (const row of rows) expect(files.has(String(row['path']))).toBe(true);
  });
});
