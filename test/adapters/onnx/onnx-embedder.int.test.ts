import { appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEmbedder } from '../../../src/adapters/onnx/onnx-embedder.js';
import { decodeImage } from '../../../src/image/decode.js';
import type { PixelPlane } from '../../../src/image/decoded-image.js';
import type { Embedder, Inference } from '../../../src/score/embedder.js';
import { drawPlane, scene } from '../../fixtures/draw-picture.js';

const modelsDir = fileURLToPath(new URL('../../../models', import.meta.url));
const fixtures = fileURLToPath(new URL('../../fixtures', import.meta.url));
const name = 'efficientnet-lite0';

interface Expected {
  readonly top5: readonly string[];
  readonly logits: readonly number[];
  /** The first 64 values. */
  readonly embedding: readonly number[];
  readonly norm: number;
}

const expected = JSON.parse(
  await readFile(join(fixtures, 'efficientnet-lite0.expected.json'), 'utf8'),
) as { readonly pattern: Expected; readonly pictures: Record<string, Expected> };

const scenes = Array.from({ length: 20 }, (_, seed) => drawPlane(200, 150, scene(200, 150, seed)));
const [firstScene = drawPlane(1, 1, () => [0, 0, 0])] = scenes;

async function planeOf(file: string): Promise<PixelPlane> {
  const bytes = await readFile(join(fixtures, 'pictures', file));
  return (await decodeImage(bytes, { maxPixels: 1e7 })).plane;
}

function topClasses(embedder: Embedder, inference: Inference): string[] {
  const classes = embedder.model.classes ?? [];
  return Array.from(inference.logits ?? [], (logit, index) => ({ logit, index }))
    .sort((a, b) => b.logit - a.logit)
    .slice(0, 5)
    .map(({ index }) => classes[index] ?? '');
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(b, (value, index) => Math.abs(value - (a[index] ?? NaN))));
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe('an embedder with the shipped model', () => {
  let embedder: Embedder;

  beforeAll(async () => {
    embedder = await openEmbedder({ modelsDir, name });
  });

  afterAll(() => embedder.close());

  it('says what references are bound to', async () => {
    const bytes = await readFile(join(modelsDir, 'efficientnet-lite0.onnx'));
    expect(embedder.model).toMatchObject({
      name,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      dimensions: 1280,
    });
    expect(embedder.model.classes).toHaveLength(1000);
  });

  it('gives the values of the Python runtime where nothing is resized', async () => {
    const pattern = drawPlane(256, 256, (x, y) => [
      x,
      y,
      (Math.floor((x * y) / 16) + 37 * ((Math.floor(x / 32) + Math.floor(y / 32)) % 2)) % 256,
    ]);
    const inference = await embedder.infer(pattern);
    expect(inference.embedding).toHaveLength(1280);
    expect(inference.embedding.every(Number.isFinite)).toBe(true);
    expect(inference.logits).toHaveLength(1000);
    expect(topClasses(embedder, inference)).toEqual(expected.pattern.top5);
    expect(largestDifference(inference.embedding, expected.pattern.embedding)).toBeLessThan(1e-3);
    expect(Math.hypot(...inference.embedding)).toBeCloseTo(expected.pattern.norm, 2);
  });

  it.each(Object.entries(expected.pictures))('agrees with Python on %s', async (file, python) => {
    const inference = await embedder.infer(await planeOf(file));
    // Pillow and libvips resize a little differently; close classes may change places.
    const top = topClasses(embedder, inference);
    expect(python.top5.slice(0, 3)).toContain(top[0]);
    expect(top).toContain(python.top5[0]);
    const start = Array.from(inference.embedding.subarray(0, python.embedding.length));
    expect(cosine(start, python.embedding)).toBeGreaterThan(0.97);
    expect(Math.hypot(...inference.embedding) / python.norm).toBeCloseTo(1, 1);
  });

  it('gives the same whatever shares the batch', async () => {
    const alone: Inference[] = [];
    for (const plane of scenes) alone.push(await embedder.infer(plane));
    const together = await Promise.all(scenes.map((plane) => embedder.infer(plane)));
    for (const [index, inference] of together.entries()) {
      const other = alone[index];
      if (other === undefined) throw new Error('unreachable');
      expect(largestDifference(inference.embedding, other.embedding)).toBeLessThan(1e-4);
      expect(largestDifference(inference.logits ?? [], other.logits ?? [])).toBeLessThan(1e-4);
    }
  });

  it('leaves the calling thread free', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 1);
    const from = performance.eventLoopUtilization();
    await Promise.all([...scenes, ...scenes].map((plane) => embedder.infer(plane)));
    clearInterval(timer);
    // Run on the calling thread, each of the five batches would let at most one tick through.
    expect(ticks).toBeGreaterThan(10);
    expect(performance.eventLoopUtilization(from).utilization).toBeLessThan(0.9);
  });

  it('works beside other embedders', async () => {
    const others = await Promise.all([
      openEmbedder({ modelsDir, name, threads: 1, spinning: false }),
      openEmbedder({ modelsDir, name, threads: 1, spinning: false }),
    ]);
    try {
      const all = [embedder, ...others];
      const results = await Promise.all(
        scenes.flatMap((plane) => all.map((each) => each.infer(plane))),
      );
      expect(results.every((inference) => inference.embedding.length === 1280)).toBe(true);
      const [a, b] = results;
      if (a === undefined || b === undefined) throw new Error('unreachable');
      expect(largestDifference(a.embedding, b.embedding)).toBeLessThan(1e-3);
    } finally {
      await Promise.all(others.map((each) => each.close()));
    }
  });
});

describe('closing an embedder', () => {
  it('finishes the running batch, rejects what waits, and ends', async () => {
    const embedder = await openEmbedder({ modelsDir, name, sessions: 1 });
    const inferences = scenes.map((plane) => embedder.infer(plane));
    const outcomes = Promise.allSettled(inferences);
    await Promise.race(inferences);
    await Promise.all([embedder.close(), embedder.close()]);
    await embedder.close();
    const rejected = (await outcomes).filter((outcome) => outcome.status === 'rejected');
    expect(rejected.length).toBeGreaterThan(0);
    expect(rejected.length).toBeLessThan(scenes.length);
    for (const { reason } of rejected) expect(reason).toMatchObject({ code: 'model.unavailable' });
    await expect(embedder.infer(firstScene)).rejects.toMatchObject({ code: 'model.unavailable' });
  });

  it('rejects everything when it closes before the first batch', async () => {
    const embedder = await openEmbedder({ modelsDir, name });
    const outcomes = Promise.allSettled(scenes.map((plane) => embedder.infer(plane)));
    await embedder.close();
    expect((await outcomes).every((outcome) => outcome.status === 'rejected')).toBe(true);
  });
});

describe('an embedder whose thread dies', () => {
  async function openWithThread(): Promise<{ embedder: Embedder; thread: Worker }> {
    const threads: Worker[] = [];
    const note = (thread: Worker) => threads.push(thread);
    process.on('worker', note);
    const embedder = await openEmbedder({ modelsDir, name, sessions: 1 }).finally(() =>
      process.off('worker', note),
    );
    const [thread] = threads;
    if (thread === undefined) throw new Error('The embedder has started no thread.');
    return { embedder, thread };
  }

  it('starts a new one for what comes next', async () => {
    const { embedder, thread } = await openWithThread();
    const before = await embedder.infer(firstScene);
    await thread.terminate();
    const after = await embedder.infer(firstScene);
    expect(largestDifference(after.embedding, before.embedding)).toBeLessThan(1e-4);
    await embedder.close();
  });

  it('rejects the batch that it had, with a fault that says to try again', async () => {
    const { embedder, thread } = await openWithThread();
    const inferences = scenes.map((plane) => embedder.infer(plane));
    const outcomes = Promise.allSettled(inferences);
    // No message of the protocol: the thread ends on it, before its first batch. Ending it in the
    // middle of one would end the process, for the runtime takes that badly.
    thread.postMessage(null);
    const rejected = (await outcomes).filter((outcome) => outcome.status === 'rejected');
    expect(rejected.length).toBeGreaterThan(0);
    for (const { reason } of rejected) {
      expect(reason).toMatchObject({ code: 'model.unavailable', retriable: true });
    }
    await expect(embedder.infer(firstScene)).resolves.toBeDefined();
    await embedder.close();
  });
});

describe('opening an embedder refuses', () => {
  let copy: string;

  beforeEach(async () => {
    copy = await mkdtemp(join(tmpdir(), 'edgeminer-models-'));
    await cp(modelsDir, copy, { recursive: true });
  });

  afterEach(() => rm(copy, { recursive: true }));

  const model = () => join(copy, 'efficientnet-lite0.onnx');
  const open = () => openEmbedder({ modelsDir: copy, name });

  async function edit(change: (text: string) => string): Promise<void> {
    const file = join(copy, 'manifest.json');
    await writeFile(file, change(await readFile(file, 'utf8')));
  }

  it('a model that the manifest does not name', async () => {
    await expect(openEmbedder({ modelsDir: copy, name: 'other' })).rejects.toMatchObject({
      code: 'model.not-found',
    });
  });

  it('a missing file', async () => {
    await rm(model());
    await expect(open()).rejects.toMatchObject({
      code: 'model.not-found',
      field: 'file',
      message: expect.stringContaining('efficientnet-lite0.onnx') as string,
    });
  });

  it('a file with another hash, and shows both', async () => {
    const wanted = createHash('sha256')
      .update(await readFile(model()))
      .digest('hex');
    await appendFile(model(), 'x');
    const found = createHash('sha256')
      .update(await readFile(model()))
      .digest('hex');
    const opened = open();
    await expect(opened).rejects.toMatchObject({ code: 'model.hash-mismatch', field: 'sha256' });
    await expect(opened).rejects.toThrow(wanted);
    await expect(opened).rejects.toThrow(found);
  });

  it('a file that is no ONNX model', async () => {
    const bytes = Buffer.from('not a model');
    await writeFile(model(), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await edit((text) => text.replace(/"sha256": "\w+"/, `"sha256": "${sha256}"`));
    await expect(open()).rejects.toMatchObject({ code: 'model.shape-mismatch', field: 'file' });
  });

  it.each<[string, (text: string) => string]>([
    ['input.width', (text) => text.replace('"width": 224', '"width": 240')],
    ['input.name', (text) => text.replace('"name": "input"', '"name": "images"')],
    ['outputs.embedding.dimensions', (text) => text.replace('1280', '1024')],
    ['outputs.logits.name', (text) => text.replace('"name": "logits"', '"name": "scores"')],
  ])('a manifest whose %s differs from the file', async (field, change) => {
    await edit(change);
    await expect(open()).rejects.toMatchObject({ code: 'model.shape-mismatch', field });
  });

  it('a class list of another length', async () => {
    await writeFile(join(copy, 'imagenet-classes.json'), '["cat", "dog"]');
    await expect(open()).rejects.toMatchObject({
      code: 'model.shape-mismatch',
      field: 'outputs.logits',
    });
  });
});
