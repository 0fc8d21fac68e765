import { describe, expect, it } from 'vitest';
import { seeded, sharpScene } from '../../test/fixtures/planes.js';
import type { Predictions } from '../event/inference-event.js';
import { factsOf } from '../../test/fixtures/formats.js';
import { EdgeminerError } from '../faults.js';
import { modelName, modelVersion } from '../ids.js';
import type { DecodedImage, PixelPlane } from '../image/decoded-image.js';
import { lumaOf } from '../image/luma.js';
import { buildReference } from './build-reference.js';
import type { Embedder } from './embedder.js';
import { measuredInMemory } from './measured-pictures.js';
import { scorers } from './registry.js';
import { referenceIdOf } from './reference-files.js';
import type { BuildReferenceOptions, TrainingPicture } from './training-pictures.js';

describe('buildReference', () => {
  it('measures all that can be had, in the order of the pictures', async () => {
    const progress: number[] = [];
    const { reference, skipped } = await buildReference({
      ...options(pictures(20)),
      embedder: classifier(),
      onProgress: ({ step, done }) => (step === 'pictures' ? progress.push(done) : undefined),
    });
    expect(skipped).toEqual([]);
    expect(progress).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(reference.items.map(({ path }) => path)).toEqual(pictures(20).map(({ path }) => path));
    expect(new Set(Object.keys(reference.measurements))).toEqual(
      new Set([
        ...['least-confidence', 'margin', 'entropy', 'embedding-distance', 'out-of-distribution'],
        ...scorers
          .filter(({ looksAt }) => looksAt === 'pixels' || looksAt === 'format')
          .map(({ name }) => name),
      ]),
    );
    expect(reference).toMatchObject({
      createdAt: 1234,
      embedder: { name: 'toy', sha256: 'ab' },
      predictionsBy: 'embedder',
      embeddings: { rows: 20, dimensions: 6 },
      neighbours: 4,
      classes: ['even', 'odd'],
    });
    expect(reference.formats).toMatchObject({
      pictures: 20,
      sizes: [{ width: 40, height: 30, pictures: 20 }],
      traits: { container: { values: [['PNG', 20]], others: 0 } },
    });
    expect(reference.id).toBe(referenceIdOf(reference));
  });

  it('is the same whatever the concurrency, and however long each picture takes', async () => {
    const ids = [];
    for (const concurrency of [1, 4, 50]) {
      const { reference } = await buildReference({
        ...options(pictures(15)),
        embedder: classifier(),
        concurrency,
      });
      ids.push(reference.id);
    }
    expect(new Set(ids).size).toBe(1);
  });

  it('holds no more pictures than it may', async () => {
    let [open, most] = [0, 0];
    await buildReference({
      ...options(pictures(30)),
      concurrency: 3,
      decode: async (bytes) => {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        return decoded(bytes);
      },
    });
    expect(most).toBe(3);
  });

  it('skips what it can not decode, and says so', async () => {
    const all = pictures(14);
    const broken = all[3];
    if (broken === undefined) throw new Error('there is no picture to break');
    const { reference, skipped } = await buildReference({
      ...options(all),
      decode: async (bytes) => {
        if (bytes === broken.bytes) throw new EdgeminerError('image.undecodable', 'It is broken.');
        return decoded(bytes);
      },
    });
    expect(skipped).toEqual([{ path: broken.path, why: 'It is broken.' }]);
    expect(reference.items).toHaveLength(13);
    expect(reference.items.some(({ path }) => path === broken.path)).toBe(false);
    expect(reference.embeddings).toBeUndefined();
    expect(reference.predictionsBy).toBeUndefined();
  });

  it('skips a picture that its detection saw lying', async () => {
    const box = { label: 'car', score: 0.9, x: 1, y: 1, width: 5, height: 5 };
    const seen = (imageWidth: number, imageHeight: number): Predictions => ({
      kind: 'detection',
      boxes: [box],
      imageWidth,
      imageHeight,
    });
    const all = pictures(14).map((one, at) => ({
      ...one,
      predictions: at === 5 ? seen(60, 80) : seen(80, 60),
    }));
    const measured = measuredInMemory();
    for (const turn of ['measured anew', 'measured before']) {
      const { skipped } = await buildReference({ ...options(all), measured });
      expect(skipped, turn).toMatchObject([{ path: 'training/5.png' }]);
      expect(skipped[0]?.why).toContain('60 x 80, but the picture');
      // What was kept of its bytes by a build without predictions.
      await buildReference({ ...options(pictures(14)), measured });
    }
  });

  it('skips what can not be read, and stops where too many are broken', async () => {
    const fault = new EdgeminerError('image.not-found', 'It is gone.');
    async function* some(unread: number) {
      for (let n = 0; n < unread; n += 1) yield { path: `gone/${n}.png`, fault };
      yield* pictures(20);
    }
    const { skipped } = await buildReference({ ...options([]), pictures: some(2) });
    expect(skipped).toEqual([
      { path: 'gone/0.png', why: 'It is gone.' },
      { path: 'gone/1.png', why: 'It is gone.' },
    ]);
    await expect(buildReference({ ...options([]), pictures: some(3) })).rejects.toMatchObject({
      code: 'input.invalid',
      message: expect.stringContaining('3 of 23 pictures could not be read') as string,
      mend: expect.stringContaining('--max-broken') as string,
    });
    const allowed = { ...options([]), pictures: some(3), mostBroken: 0.2 };
    expect((await buildReference(allowed)).skipped).toHaveLength(3);

    let measured = 0;
    const early = buildReference({
      ...options([]),
      pictures: some(3),
      total: 23,
      concurrency: 1,
      onProgress: () => (measured += 1),
    });
    await expect(early).rejects.toMatchObject({ code: 'input.invalid' });
    expect(measured).toBe(2);
  });

  it('measures nothing twice when it goes on, and ends in the same reference', async () => {
    const all = [...pictures(20), ...pictures(3)];
    const whole = await buildReference({ ...options(all), embedder: classifier() });
    const measured = measuredInMemory();
    const ending = new AbortController();
    let inferred = 0;
    const counting: Embedder = {
      ...classifier(),
      infer: (plane) => {
        inferred += 1;
        return classifier().infer(plane);
      },
    };
    const again = () => ({ ...options(all), embedder: counting, measured });
    await expect(
      buildReference({
        ...again(),
        ending: ending.signal,
        onProgress: ({ done }) => (done === 9 ? ending.abort() : undefined),
      }),
    ).rejects.toMatchObject({ code: 'reference.unfinished' });
    const before = inferred;
    expect(before).toBeLessThan(20);
    const { reference } = await buildReference(again());
    expect(reference.id).toBe(whole.reference.id);
    // Copies of 20 pictures come on top: four turned, and spoilt in 14 ways.
    expect(inferred - before).toBeLessThanOrEqual(20 - 9 + 20 * (4 + 14));
  });

  it('ends between the fits, too', async () => {
    const ending = new AbortController();
    const steps = new Set<string>();
    const building = buildReference({
      ...options(pictures(20)),
      embedder: classifier(),
      ending: ending.signal,
      onProgress: ({ step, done }) => {
        steps.add(step);
        if (step === 'novelty' && done === 2) ending.abort();
      },
    });
    await expect(building).rejects.toMatchObject({ code: 'reference.unfinished' });
    expect([...steps]).toEqual([
      'pictures',
      'turned-copies',
      'neighbours',
      'spoilt-copies',
      'novelty',
    ]);
  });

  it('stops at a failure that is no fault of the picture, once all are at rest', async () => {
    let open = 0;
    const failing = buildReference({
      ...options(pictures(20)),
      decode: async (bytes) => {
        open += 1;
        await new Promise((resolve) => setTimeout(resolve, bytes[0] === 2 ? 0 : 5));
        open -= 1;
        if (bytes[0] === 2) throw new EdgeminerError('store.unavailable', 'The disk is gone.');
        return decoded(bytes);
      },
    });
    await expect(failing).rejects.toThrow('The disk is gone.');
    expect(open).toBe(0);
  });

  it('takes the production model’s predictions before the embedder’s', async () => {
    const own: Predictions = {
      kind: 'classification',
      classes: ['a', 'b'],
      probabilities: [0.75, 0.25],
    };
    const all = pictures(12).map((picture, i) =>
      i === 5 ? picture : { ...picture, predictions: own },
    );
    const { reference } = await buildReference({ ...options(all), embedder: classifier() });
    expect(reference.predictionsBy).toBe('producer');
    expect([...(reference.measurements.margin ?? [])]).toEqual(
      Array.from({ length: 12 }, (_, i) => (i === 5 ? Number.NaN : 0.5)),
    );
  });

  it('tempers the predictions by their labels, and compares them with their neighbours’', async () => {
    const random = seeded(3);
    const all = pictures(120).map((picture, at): TrainingPicture => {
      const right = random() < 0.7;
      const best = (at % 2 === 0) === right ? 'even' : 'odd';
      const other = best === 'even' ? 'odd' : 'even';
      const predictions = {
        kind: 'classification' as const,
        classes: [best, other],
        probabilities: [0.99, 0.01],
      };
      return { ...picture, predictions };
    });
    const { reference } = await buildReference({ ...options(all), embedder: classifier() });
    const { temperature, measurements, items } = reference;
    if (temperature?.kind !== 'fitted') throw new Error('no temperature was fitted');
    expect(temperature.temperature).toBeGreaterThan(2);
    expect(temperature.calibrationError.before).toBeGreaterThan(0.15);
    expect(temperature.calibrationError.after).toBeLessThan(temperature.calibrationError.before);
    const doubt = measurements['least-confidence']?.[0] ?? 0;
    expect(doubt).toBeCloseTo(1 / (1 + 99 ** (1 / temperature.temperature)), 9);
    expect(items[0]?.predicted).toBe(
      all[0]?.predictions?.kind === 'classification' ? all[0].predictions.classes[0] : '',
    );
    expect(measurements['label-disagreement']).toHaveLength(120);
    expect(measurements['label-disagreement']?.every((raw) => raw >= 0 && raw <= 1)).toBe(true);
  });

  it('learns what detections are usual', async () => {
    const all = pictures(12).map((picture, at) => ({
      ...picture,
      predictions: {
        kind: 'detection' as const,
        imageWidth: 40,
        imageHeight: 30,
        boxes: Array.from({ length: 1 + (at % 3) }, () => ({
          label: 'a',
          score: 0.4 + at / 100,
          x: 9,
          y: 9,
          width: 5,
          height: 5,
        })),
      },
    }));
    const { reference } = await buildReference({ ...options(all), scoreThreshold: 0.45 });
    expect(reference.temperature).toBeUndefined();
    expect(reference.detection).toMatchObject({ pictures: 12, scoreThreshold: 0.45 });
    for (const name of ['near-threshold', 'class-overlap', 'box-count', 'box-size'] as const)
      expect(reference.measurements[name]?.every((raw) => !Number.isNaN(raw))).toBe(true);
    expect(reference.measurements.flicker).toBeUndefined();
  });

  it('calibrates flicker where the pictures are frames in order', async () => {
    const box = { label: 'a', score: 0.9, x: 15, y: 12, width: 5, height: 5 };
    const frames = pictures(30).map((picture, at) => ({
      ...picture,
      sourceId: at < 15 ? 'one' : 'two',
      // The last is too late to follow the one before it.
      occurredAt: at === 29 ? 1e9 : at * 1000,
      predictions: {
        kind: 'detection' as const,
        imageWidth: 40,
        imageHeight: 30,
        boxes: at % 5 === 4 ? [] : [box],
      },
    }));
    const { reference } = await buildReference({ ...options(frames), maxGapMs: 2000 });
    const flicker = [...(reference.measurements.flicker ?? [])];
    expect(flicker).toEqual(
      frames.map((_, at) => (at % 15 === 0 || at === 29 ? Number.NaN : at % 5 === 4 ? 0.9 : 0)),
    );
    expect(reference.items[20]?.sourceId).toBe('two');
  });

  it('refuses a handful', async () => {
    await expect(buildReference(options(pictures(9)))).rejects.toMatchObject({
      code: 'input.invalid',
      field: 'images',
      message: 'a reference needs at least 10 training pictures; there are 9',
    });
  });
});

function pictures(count: number): TrainingPicture[] {
  return Array.from({ length: count }, (_, i) => ({
    path: `training/${i}.png`,
    bytes: Uint8Array.of(i),
    label: i % 2 === 0 ? 'even' : 'odd',
  }));
}

function options(all: readonly TrainingPicture[]): BuildReferenceOptions {
  return {
    pictures: stream(all),
    decode: async (bytes) => {
      // Later pictures are ready sooner, as far as the concurrency lets them.
      await new Promise((resolve) => setTimeout(resolve, 4 - ((bytes[0] ?? 0) % 4)));
      return decoded(bytes);
    },
    modelName: modelName('shop'),
    modelVersion: modelVersion('1.0'),
    now: 1234,
    concurrency: 4,
  };
}

async function* stream(all: readonly TrainingPicture[]): AsyncGenerator<TrainingPicture> {
  yield* all;
}

/** A scene of its own for each first byte. */
function decoded(bytes: Uint8Array): DecodedImage {
  const plane = sharpScene(40, 30, bytes[0] ?? 0);
  const format = factsOf({ width: 40, height: 30, container: 'image/png' });
  return { width: 40, height: 30, contentType: 'image/png', format, plane };
}

/** A port's smallest embedder: numbers that the plane alone determines. */
function classifier(): Embedder {
  return {
    model: { name: 'toy', sha256: 'ab', dimensions: 6, classes: ['x', 'y', 'z'] },
    infer: async (plane: PixelPlane) => {
      const random = seeded(lumaOf(plane).reduce((sum, level) => sum + level, 0));
      const numbers = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
      return { embedding: numbers(6), logits: numbers(3) };
    },
    close: async () => undefined,
  };
}
