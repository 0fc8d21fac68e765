import { afterEach, beforeEach, expect, it } from 'vitest';
import { modelName, modelVersion, referenceId } from '../../src/ids.js';
import type { ReferenceId } from '../../src/ids.js';
import { referenceIdOf } from '../../src/score/reference-files.js';
import type { ReferenceStore } from '../../src/score/reference-store.js';
import type { Reference } from '../../src/score/reference.js';

/** One place that holds references, and what the suite needs to do behind the store's back. */
export interface ReferenceStoreUnderTest {
  /** Another store on the same place, as another process would open it. */
  open(): Promise<ReferenceStore>;
  /** Changes a byte of a stored file of the reference. */
  damage(id: ReferenceId): Promise<void>;
  /** Takes a stored file of the reference away. */
  loseFile(id: ReferenceId): Promise<void>;
  /** Leaves behind what a process leaves that was killed in the middle of publishing. */
  interruptPublish(reference: Reference): Promise<void>;
  /** Opens a store where none can be, and publishes. */
  publishUnreachable(reference: Reference): Promise<unknown>;
  remove(): Promise<void>;
}

/** The obligations of the ReferenceStore port. Call it inside a `describe`. */
export function referenceStoreSuite(make: () => Promise<ReferenceStoreUnderTest>): void {
  let place: ReferenceStoreUnderTest;
  let store: ReferenceStore;
  beforeEach(async () => {
    place = await make();
    store = await place.open();
  });
  afterEach(async () => {
    await store.close();
    await place.remove();
  });

  it('gives back what was published, to another store as well', async () => {
    const reference = sampleReference({ seed: 1 });
    await store.publish(reference);
    const other = await place.open();
    expect(await other.load(reference.id)).toEqual(reference);
    expect(await other.current(reference.modelName, reference.modelVersion)).toBe(reference.id);
    await other.close();
  });

  it('keeps one without embeddings', async () => {
    const whole = sampleReference({ seed: 2 });
    const content = { ...whole, embeddings: undefined, embedder: undefined };
    const reference = { ...content, id: referenceIdOf(content) };
    await store.publish(reference);
    expect(await store.load(reference.id)).toEqual(reference);
  });

  it('keeps one of many rows', async () => {
    const reference = sampleReference({ seed: 3, rows: 3_000, dimensions: 1_280 });
    await store.publish(reference);
    const loaded = await store.load(reference.id);
    expect(loaded?.id).toBe(reference.id);
    expect(loaded?.items).toHaveLength(3_000);
  });

  it('knows nothing of what was not published', async () => {
    const { id, modelName: model, modelVersion: version } = sampleReference({ seed: 4 });
    expect(await store.load(id)).toBeUndefined();
    expect(await store.load(referenceId('../..'))).toBeUndefined();
    expect(await store.current(model, version)).toBeUndefined();
  });

  it('makes the later one current and keeps the earlier one loadable', async () => {
    const earlier = sampleReference({ seed: 5 });
    const later = sampleReference({ seed: 6 });
    await store.publish(earlier);
    await store.publish(later);
    expect(await store.current(later.modelName, later.modelVersion)).toBe(later.id);
    expect((await store.load(earlier.id))?.id).toBe(earlier.id);

    await store.publish(earlier);
    expect(await store.current(later.modelName, later.modelVersion)).toBe(earlier.id);
  });

  it('tells models and versions apart, however odd or alike their names', async () => {
    const names = ['a', 'A', 'a/b', 'a-b', 'a b', '..', 'a@1', '模型', 'x'.repeat(300), '"a","b"'];
    const references = names.flatMap((name, index) => [
      sampleReference({ seed: index, model: name, version: '1' }),
      sampleReference({ seed: index, model: name, version: '1@1' }),
    ]);
    for (const reference of references) await store.publish(reference);
    for (const { id, modelName: model, modelVersion: version } of references) {
      expect(await store.current(model, version)).toBe(id);
    }
    expect(await store.current(modelName('a@1'), modelVersion('2'))).toBeUndefined();
  });

  it('changes nothing when the same is published again, later or at the same time', async () => {
    const reference = sampleReference({ seed: 7 });
    const others = await Promise.all(Array.from({ length: 5 }, () => place.open()));
    await Promise.all([store, ...others].map((each) => each.publish(reference)));
    await store.publish({ ...reference, createdAt: reference.createdAt + 1 });
    expect(await store.load(reference.id)).toEqual(reference);
    expect(await store.current(reference.modelName, reference.modelVersion)).toBe(reference.id);
    await Promise.all(others.map((each) => each.close()));
  });

  it('shows nothing of a publication that was cut off, and completes it at the next', async () => {
    const reference = sampleReference({ seed: 8 });
    await place.interruptPublish(reference);
    expect(await store.load(reference.id)).toBeUndefined();
    expect(await store.current(reference.modelName, reference.modelVersion)).toBeUndefined();

    await store.publish(reference);
    expect(await store.load(reference.id)).toEqual(reference);
  });

  it.each(['damage', 'loseFile'] as const)(
    'says so when one was hurt since (%s), and mends it at the next publication',
    async (hurt) => {
      const reference = sampleReference({ seed: 9 });
      await store.publish(reference);
      await place[hurt](reference.id);
      await expect(store.load(reference.id)).rejects.toMatchObject({ code: 'reference.invalid' });

      await store.publish(reference);
      expect((await store.load(reference.id))?.id).toBe(reference.id);
    },
  );

  it('is away, not wrong, where its place is not there', async () => {
    await expect(place.publishUnreachable(sampleReference({ seed: 10 }))).rejects.toMatchObject({
      code: 'store.unavailable',
      retriable: true,
    });
  });

  it('closes twice', async () => {
    const other = await place.open();
    await other.close();
    await expect(other.close()).resolves.toBeUndefined();
  });
}

interface Sample {
  readonly seed: number;
  readonly rows?: number;
  readonly dimensions?: number;
  readonly model?: string;
  readonly version?: string;
}

function sampleReference(sample: Sample): Reference {
  const { seed, rows = 6, dimensions = 4, model = 'animals', version = '2.1' } = sample;
  const content = {
    modelName: modelName(model),
    modelVersion: modelVersion(version),
    createdAt: Date.UTC(2026, 0, 2),
    embedder: { name: 'efficientnet-lite0', sha256: 'e'.repeat(64) },
    items: Array.from({ length: rows }, (_, row) => ({
      path: `class ${row % 2}/ä ${row}.jpg`,
      sha256: row.toString(16).padStart(64, '0'),
      ...(row % 3 === 0 ? {} : { label: `class ${row % 2}` }),
    })),
    measurements: {
      dark: Float64Array.from({ length: rows }, (_, row) => seed + row / 7),
      margin: Float64Array.from({ length: rows }, (_, row) => (row === 1 ? Number.NaN : row)),
    },
    embeddings: {
      rows,
      dimensions,
      values: Float32Array.from({ length: rows * dimensions }, (_, i) => Math.sin(seed + i)),
    },
    neighbours: 5,
    classes: ['class 0', 'class 1'],
  };
  return { ...content, id: referenceIdOf(content) };
}
