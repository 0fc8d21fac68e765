import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgeminerError } from '../faults.js';
import { modelName, modelVersion } from '../ids.js';
import { factsOf } from '../../test/fixtures/formats.js';
import { seeded } from '../../test/fixtures/planes.js';
import type { Spread } from './confidence/detection-statistics.js';
import { normalisedRows } from './exact-neighbours.js';
import { profileOf } from './format/format-profile.js';
import { fitTurns } from './format/turn-model.js';
import type { Views } from './format/turn-model.js';
import { fitNovelty } from './novelty/fit-novelty.js';
import { referenceFiles, referenceFromFiles, referenceIdOf } from './reference-files.js';
import type { Reference } from './reference.js';
import { ownSignal, signalNames } from './signal.js';
import type { SignalName } from './signal.js';

const sha256 = fc.string({
  minLength: 64,
  maxLength: 64,
  unit: fc.constantFrom('0', '7', 'a', 'f'),
});
const name = fc.string({ minLength: 1, unit: 'grapheme' });

const random = seeded(3);
const numbers = (rows: number, dimensions: number) => ({
  rows,
  dimensions,
  values: Float32Array.from({ length: rows * dimensions }, () => random() - 0.3),
});
const pictures = (rows: number) => {
  const raw = numbers(rows, 6);
  return { raw, unit: { ...raw, values: normalisedRows(raw) }, logits: numbers(rows, 3) };
};
const { model: novelty } = await fitNovelty({
  ordinary: pictures(30),
  classes: Int32Array.from({ length: 30 }, (_, row) => row % 3),
  nearest: Float64Array.from({ length: 30 }, () => random()),
  neighbours: 3,
  spoilt: pictures(20),
  spoiltBy: Array.from({ length: 20 }, (_, source) => ({
    kind: source % 2 === 0 ? 'dark' : 'mixed',
    source,
  })),
});

const formats = [{}, { width: 1, height: 9, camera: 'A', software: 'B' }].map((differing, at) =>
  profileOf(
    Array.from({ length: 3 + 30 * at }, (_, n) => ({
      facts: factsOf({ ...differing, software: `version ${n}` }),
      coloured: true,
    })),
  ),
);

/** Of embeddings of 1 to 5 numbers. */
const turnModels = [1, 2, 3, 4, 5].map((length) => {
  const view = () => Float32Array.from({ length }, () => random());
  const turned = Array.from({ length: 12 }, (): Views => [view(), view(), view(), view()]);
  return fitTurns(turned).model;
});

const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
const spread = fc.record(
  {
    mean: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    deviation: fc.double({ min: 0, max: 9, noNaN: true }),
  },
  { noNullPrototype: true },
);
const references: fc.Arbitrary<Reference> = fc
  .record({
    rows: fc.nat({ max: 8 }),
    dimensions: fc.integer({ min: 1, max: 5 }),
    columns: fc.subarray([...signalNames, ownSignal('a-1'), ownSignal('rust')]),
  })
  .chain(({ rows, dimensions, columns }) => {
    const exactly = (length: number) => ({ minLength: length, maxLength: length });
    const column = fc.float64Array(exactly(rows));
    // Every field of a reference, so that one that is added later is kept too.
    const fields = {
      modelName: name.map(modelName),
      modelVersion: name.map(modelVersion),
      createdAt: fc.nat({ max: 4e12 }),
      embedder: fc.option(fc.record({ name, sha256 }), { nil: undefined }),
      items: fc.array(
        fc.record(
          {
            path: fc.string({ unit: 'binary' }),
            sha256,
            label: name,
            sourceId: name,
            predicted: name,
          },
          { requiredKeys: ['path', 'sha256'], noNullPrototype: true },
        ),
        exactly(rows),
      ),
      measurements: fc
        .tuple(...columns.map((key) => column.map((values) => [key, values] as const)))
        .map((entries): Partial<Record<SignalName, Float64Array>> => Object.fromEntries(entries)),
      embeddings: fc.option(
        fc.float32Array(exactly(rows * dimensions)).map((values) => ({ rows, dimensions, values })),
        { nil: undefined },
      ),
      own: fc.dictionary(name, sha256, { noNullPrototype: true }),
      predictionsBy: fc.constantFrom('producer', 'embedder'),
      temperature: fc.oneof(
        fc.record({
          kind: fc.constant('fitted'),
          temperature: fc.double({ min: 0.1, max: 10, noNaN: true }),
          labelled: fc.integer({ min: 50, max: 5000 }),
          calibrationError: fc.record({ before: share, after: share }, { noNullPrototype: true }),
        }),
        fc.record({
          kind: fc.constant('not-fitted'),
          why: fc.constantFrom('no-labels', 'too-few-labels', 'no-optimum', 'no-gain'),
          labelled: fc.nat(),
        }),
      ),
      detection: fc.record(
        {
          pictures: fc.integer({ min: 1, max: 5000 }),
          scoreThreshold: share,
          boxCount: spread,
          boxSize: spread,
          boxSizeOf: fc.dictionary(name, spread, { noNullPrototype: true }),
        },
        { requiredKeys: ['pictures', 'boxCount', 'boxSizeOf'], noNullPrototype: true },
      ),
      novelty: fc.constant(novelty),
      formats: fc.constantFrom(...formats),
      turns: fc.constantFrom(...turnModels.slice(dimensions - 1, dimensions)),
      neighbours: fc.integer({ min: 1, max: 50 }),
      classes: fc.array(name),
    } satisfies Readonly<Record<keyof Omit<Required<Reference>, 'id'>, fc.Arbitrary<unknown>>>;
    const any = fc.record(fields, {
      requiredKeys: [
        'modelName',
        'modelVersion',
        'createdAt',
        'embedder',
        'items',
        'measurements',
        'embeddings',
        'neighbours',
        'classes',
      ],
      noNullPrototype: true,
    });
    // What is novel, and what is turned, is told by embeddings.
    return any.map(({ novelty: model, turns, ...without }) => ({
      ...without,
      ...(without.embeddings === undefined || model === undefined ? {} : { novelty: model }),
      ...(without.embeddings === undefined || turns === undefined ? {} : { turns }),
    }));
  })
  .map((content) => ({ ...content, id: referenceIdOf(content) }));

const [sample] = fc.sample(
  references.filter(
    ({ items, novelty: model, formats: profile, turns, measurements }) =>
      items.length > 2 &&
      model !== undefined &&
      profile !== undefined &&
      turns !== undefined &&
      Object.keys(measurements).length > 0,
  ),
  { numRuns: 1, seed: 4 },
);

function withoutEmbeddings({ novelty: _, turns: __, ...reference }: Reference): Reference {
  return { ...reference, embeddings: undefined };
}

function sampleReference(): Reference {
  if (sample === undefined) throw new Error('no sample was drawn');
  return sample;
}

describe('reference files', () => {
  it('read back as they were written', () => {
    fc.assert(
      fc.property(references, (reference) => {
        expect(referenceFromFiles(referenceFiles(reference))).toEqual(reference);
      }),
    );
  });

  it('keep a class that is called __proto__', () => {
    const spreads = JSON.parse('{"__proto__":{"mean":-1,"deviation":2}}') as Record<string, Spread>;
    const boxCount = { mean: 1, deviation: 0 };
    const detection = { pictures: 40, boxCount, boxSizeOf: spreads };
    const content = { ...sampleReference(), detection };
    const reference = { ...content, id: referenceIdOf(content) };
    const read = referenceFromFiles(referenceFiles(reference));
    expect(Object.entries(read.detection?.boxSizeOf ?? {})).toEqual(Object.entries(spreads));
    expect(read.id).toBe(reference.id);
  });

  it('refuse statistics of classes that are none', () => {
    const detection = { pictures: 40, boxCount: { mean: 1, deviation: 0 }, boxSizeOf: [] };
    const content = { ...sampleReference(), detection } as unknown as Reference;
    const files = referenceFiles({ ...content, id: referenceIdOf(content) });
    expect(() => referenceFromFiles(files)).toThrow(/boxSizeOf.*must be an object/);
  });

  it('give the same id whatever the time and the order of keys', () => {
    fc.assert(
      fc.property(references, fc.nat(), (reference, createdAt) => {
        const measurements = Object.fromEntries(Object.entries(reference.measurements).reverse());
        const later = { ...reference, createdAt, measurements };
        expect(referenceIdOf(later)).toBe(reference.id);
      }),
    );
  });

  it('give another id to other content', () => {
    const reference = sampleReference();
    const others: Reference[] = [
      { ...reference, modelVersion: modelVersion(`${reference.modelVersion}.1`) },
      { ...reference, neighbours: reference.neighbours + 1 },
      { ...reference, classes: [...reference.classes, 'one more'] },
      withoutEmbeddings(reference),
      {
        ...reference,
        predictionsBy: reference.predictionsBy === 'embedder' ? 'producer' : 'embedder',
      },
      { ...reference, measurements: {} },
    ];
    const ids = new Set([reference, ...others].map(referenceIdOf));
    expect(ids.size).toBe(others.length + 1);
  });

  it('give one id to absent measurements, whatever bits their NaN has', () => {
    const odd = new Float64Array(new BigUint64Array([0x7ff8_0000_0000_0123n]).buffer);
    const base = { ...sampleReference(), items: sampleReference().items.slice(0, 1) };
    const withColumn = (blur: Float64Array) => ({
      ...withoutEmbeddings(base),
      measurements: { blur },
    });
    expect(referenceIdOf(withColumn(odd))).toBe(referenceIdOf(withColumn(Float64Array.of(NaN))));
  });

  it.each([
    'reference.json',
    'items.json',
    'measurements.npy',
    'formats.json',
    'embeddings.npy',
    'turns.npy',
    'novelty.json',
    'novelty.npy',
  ])('refuse a changed byte or a missing %s, naming it', (file) => {
    const files = new Map(referenceFiles(sampleReference()));
    const bytes = files.get(file) ?? new Uint8Array();
    for (const at of [0, bytes.length >> 1, bytes.length - 2]) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      const read = () => referenceFromFiles(new Map([...files, [file, changed]]));
      expect(read).toThrow(EdgeminerError);
      expect(read).toThrow(expect.objectContaining({ code: 'reference.invalid', field: file }));
    }
    files.delete(file);
    expect(() => referenceFromFiles(files)).toThrow(`${file} is missing`);
  });

  it('refuse a later format by its version', () => {
    const files = new Map(referenceFiles(sampleReference()));
    const head = new TextDecoder().decode(files.get('reference.json'));
    const later = head.replace('"formatVersion": 1', '"formatVersion": 2');
    files.set('reference.json', new TextEncoder().encode(later));
    expect(() => referenceFromFiles(files)).toThrow(/formatVersion: must be 1/);
  });

  it('are not written for arrays that do not fit', () => {
    const reference = sampleReference();
    expect(() =>
      referenceIdOf({ ...reference, measurements: { blur: new Float64Array(1) } }),
    ).toThrow(RangeError);
    expect(() => referenceFiles({ ...reference, neighbours: 77 })).toThrow(RangeError);
  });
});
