import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compareEmbeddings } from '../../../src/adapters/onnx/check-embeddings.js';
import { checkPictures } from '../../../src/adapters/onnx/check-pictures.js';
import { inspectModel } from '../../../src/adapters/onnx/inspect-model.js';
import { openModel } from '../../../src/adapters/onnx/onnx-embedder.js';
import { pixelScales } from '../../../src/adapters/onnx/pixel-scales.js';
import { proposeEntry } from '../../../src/adapters/onnx/propose-entry.js';
import type { Told } from '../../../src/adapters/onnx/entry-draft.js';
import { tryModel } from '../../../src/adapters/onnx/try-model.js';
import { contentHash } from '../../../src/image/content-hash.js';

const fixtures = fileURLToPath(new URL('../../fixtures/models', import.meta.url));
const run = { modelsDir: fixtures, threads: 1, sessions: 1, quiet: true };

async function added(file: string, told: Told = {}, folder = fixtures) {
  const found = await inspectModel(join(folder, `${file}.onnx`), `${file}.onnx`, run);
  const { draft } = proposeEntry(found, { licence: 'Apache-2.0', ...told });
  if (draft === undefined) throw new Error(`${file} leaves questions`);
  return { draft, ...(await tryModel(run, found, draft)) };
}

describe('one network behind many kinds of inputs and outputs', () => {
  let plain: readonly Float32Array[];
  beforeAll(async () => {
    plain = (await added('embedder')).checked.embeddings;
  });

  // 1/4096 is what float16 can tell apart; the others differ by rounding alone.
  it.each<[string, Told, number]>([
    ['classifier', {}, 1e-6],
    ['fixed-batch', {}, 1e-6],
    ['free-size', { size: { width: 32, height: 32 } }, 1e-6],
    ['free-all', { layout: 'NCHW', size: { width: 32, height: 32 } }, 1e-6],
    ['nhwc', {}, 1e-6],
    ['nhwc-uint8', {}, 1e-6],
    ['feature-map', {}, 1e-6],
    ['feature-map-last', {}, 1e-6],
    ['tokens', { pool: 'first' }, 1e-6],
    ['external', {}, 1e-6],
    ['float16', {}, 1e-2],
  ])('%s embeds as the plain one does', async (file, told, difference) => {
    const other = await added(file, told);
    const { largestDifference, largestValue, lowestCosine } = compareEmbeddings(
      plain,
      other.checked.embeddings,
    );
    expect(largestDifference / largestValue).toBeLessThan(difference);
    expect(lowestCosine).toBeGreaterThan(1 - difference);
    expect(other.notes).toEqual([]);
  });

  it.each<Told>([
    { pixels: pixelScales.signed },
    { channels: 'BGR' },
    { fit: 'squash' },
    { crop: 0.5 },
  ])('is another one by %j', async (told) => {
    const { checked } = await added('embedder', told);
    expect(compareEmbeddings(plain, checked.embeddings).lowestCosine).toBeLessThan(0.9999);
  });
});

describe('a model of a fixed batch', () => {
  it('gives each picture what it gives it alone, full or not', async () => {
    const { draft, entry, checked } = await added('fixed-batch');
    expect(entry.input.batch).toBe(2);
    const opened = { name: draft.name, entry, classes: undefined };
    const embedder = await openModel(opened, { ...run, maxBatch: 16 });
    try {
      const together = await Promise.all(checkPictures().slice(0, 5).map(embedder.infer));
      together.forEach(({ embedding }, index) => {
        const alone = checked.embeddings[index] ?? new Float32Array();
        expect(compareEmbeddings([alone], [embedding]).largestDifference).toBeLessThan(1e-5);
      });
    } finally {
      await embedder.close();
    }
  });

  it('is found out where the file says that it is free', async () => {
    const { entry, notes } = await added('batch-in-graph');
    expect(entry.input.batch).toBe(1);
    expect(notes).toEqual([expect.stringContaining('one by one') as string]);
  });
});

describe('a classifier', () => {
  it('gives its scores beside the embedding', async () => {
    const classes = ['cat', 'dog', 'bird'];
    const { entry, checked } = await added('classifier', { classes });
    expect(entry).toMatchObject({ classes, outputs: { logits: { name: 'logits' } } });
    expect(checked.logits).toHaveLength(10);
    expect(checked.logits[0]).toHaveLength(3);
  });

  it('is refused where its scores are probabilities, or its classes too few', async () => {
    const classes = ['cat', 'dog', 'bird'];
    await expect(added('probabilities', { classes })).rejects.toMatchObject({
      code: 'model.unsuitable',
      message: expect.stringContaining('probabilities') as string,
    });
    await expect(added('classifier', { classes: ['cat', 'dog'] })).rejects.toMatchObject({
      code: 'model.shape-mismatch',
      field: 'outputs.logits',
    });
  });
});

describe('what can not embed pictures is refused', () => {
  it.each([
    ['two-inputs', /takes 2 inputs/],
    ['no-image', /no batch of pictures/],
    ['text-output', /none of its outputs/],
    ['not-finite', /no finite numbers/],
    ['blind', /the same embedding/],
    // A score, of one number.
    ['../scores/redness', /a single number/],
  ])('%s', async (file, message) => {
    const refused = added(file);
    await expect(refused).rejects.toMatchObject({ code: 'model.unsuitable' });
    await expect(refused).rejects.toThrow(message);
  });
});

describe('files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-any-model-'));
    await cp(fixtures, folder, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('of weights are hashed with the model, and checked when it is opened', async () => {
    const { draft, entry } = await added('external', {}, folder);
    const weights = join(folder, 'external.onnx.data');
    const bytes = await readFile(weights);
    expect(entry.data).toEqual([
      { file: 'external.onnx.data', sha256: contentHash(bytes), bytes: bytes.length },
    ]);
    const opened = { name: draft.name, entry, classes: undefined };
    const embedder = await openModel(opened, run);
    const { sha256 } = embedder.model;
    await embedder.close();
    expect(sha256).not.toBe(entry.sha256);

    const spoilt = Buffer.from(bytes);
    spoilt.writeFloatLE(9, 0);
    await writeFile(weights, spoilt);
    await expect(openModel(opened, run)).rejects.toMatchObject({
      code: 'model.hash-mismatch',
      field: 'data.0.sha256',
    });
    await rm(weights);
    await expect(openModel(opened, run)).rejects.toMatchObject({
      code: 'model.not-found',
      field: 'data.0.file',
    });
    await expect(added('external', {}, folder)).rejects.toMatchObject({
      code: 'model.not-found',
      message: expect.stringContaining('external.onnx.data') as string,
    });
  });

  it.each(['', 'not a model', '\u0008\u0001'])(
    'that are no model are refused: %j',
    async (text) => {
      await writeFile(join(folder, 'x.onnx'), text);
      await expect(added('x', {}, folder)).rejects.toMatchObject({
        code: 'model.unsuitable',
        message: expect.stringContaining('no ONNX model') as string,
      });
    },
  );

  it('cut short are refused', async () => {
    const whole = await readFile(join(folder, 'embedder.onnx'));
    await writeFile(join(folder, 'x.onnx'), whole.subarray(0, whole.length >> 1));
    await expect(added('x', {}, folder)).rejects.toMatchObject({ kind: 'setup' });
  });
});

describe('execution providers', () => {
  const open = (executionProviders: readonly string[]) =>
    inspectModel(join(fixtures, 'embedder.onnx'), 'embedder.onnx', { ...run, executionProviders });

  it('that this runtime does not know are refused, with those that it knows', async () => {
    await expect(open(['quantum', 'cpu'])).rejects.toMatchObject({
      code: 'config.invalid',
      field: 'inference.executionProviders',
      message: expect.stringContaining('quantum') as string,
      mend: expect.stringContaining('cpu') as string,
    });
  });
});
