import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Type } from 'avsc';
import type { Schema } from 'avsc';
import fc from 'fast-check';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { eventId, modelName, modelVersion, sourceId } from '../ids.js';
import { writeAvroEvent } from './avro-event.js';
import { parseEvent } from './contract.js';
import type { EventImage, InferenceEvent, Predictions } from './inference-event.js';
import { readJsonEvent, writeJsonEvent } from './json-event.js';
import { inferenceEventJsonSchema } from './wire-event.js';

const schemas = new URL('../../schemas/', import.meta.url);
const avroType = Type.forSchema(
  JSON.parse(readFileSync(new URL('inference-event.v1.avsc', schemas), 'utf8')) as Schema,
);

const text = (maxLength = 40) => fc.string({ unit: 'binary', minLength: 1, maxLength });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const size = fc.integer({ min: 1, max: 2 ** 31 - 1 });

const about = {
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
  contentType: fc.constant('image/png'),
};
const image: fc.Arbitrary<EventImage> = fc.oneof(
  fc.record(
    { kind: fc.constant('inline' as const), bytes: fc.uint8Array({ minLength: 1 }), ...about },
    { requiredKeys: ['kind', 'bytes'] },
  ),
  fc.record(
    { kind: fc.constant('reference' as const), uri: fc.webUrl(), ...about },
    { requiredKeys: ['kind', 'uri'] },
  ),
);

const classification: fc.Arbitrary<Predictions> = fc
  .uniqueArray(fc.record({ name: text(), share, logit: finite }), {
    selector: ({ name }) => name,
    minLength: 1,
    maxLength: 8,
  })
  .chain((rows) =>
    fc.constantFrom('probabilities', 'logits', 'both').map((which) => {
      const probabilities = rows.map((row) => row.share / rows.length);
      // Temperatures keep the order, and so does this.
      const logits = which === 'both' ? probabilities : rows.map((row) => row.logit);
      return {
        kind: 'classification',
        classes: rows.map((row) => row.name),
        ...(which === 'logits' ? {} : { probabilities }),
        ...(which === 'probabilities' ? {} : { logits }),
      };
    }),
  );
/** In shares of the picture's sides, which they may stick out of. */
const box = fc.record({
  label: text(),
  score: share,
  x: fc.double({ min: -0.5, max: 0.99, noNaN: true }),
  y: fc.double({ min: -0.5, max: 0.99, noNaN: true }),
  width: fc.double({ min: 0.51, max: 2, noNaN: true }),
  height: fc.double({ min: 0.51, max: 2, noNaN: true }),
});
const detection: fc.Arbitrary<Predictions> = fc
  .record({ boxes: fc.array(box, { maxLength: 5 }), imageWidth: size, imageHeight: size })
  .map(({ boxes, imageWidth, imageHeight }) => ({
    kind: 'detection',
    boxes: boxes.map(({ label, score, x, y, width, height }) => ({
      label,
      score,
      x: x * imageWidth,
      y: y * imageHeight,
      width: width * imageWidth,
      height: height * imageHeight,
    })),
    imageWidth,
    imageHeight,
  }));

const event: fc.Arbitrary<InferenceEvent> = fc.record(
  {
    eventId: text().map(eventId),
    occurredAt: fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }),
    modelName: text().map(modelName),
    modelVersion: text().map(modelVersion),
    sourceId: text().map(sourceId),
    image,
    predictions: fc.oneof(classification, detection, fc.constant({ kind: 'none' as const })),
    embedding: fc
      .float32Array({ minLength: 1, maxLength: 64, noNaN: true, noDefaultInfinity: true })
      .filter((list) => list.some((part) => part !== 0)),
    tags: fc.dictionary(
      text().filter((key) => key !== '__proto__'),
      fc.string({ unit: 'binary' }),
      { noNullPrototype: true },
    ),
  },
  {
    requiredKeys: [
      'eventId',
      'occurredAt',
      'modelName',
      'modelVersion',
      'sourceId',
      'image',
      'predictions',
      'tags',
    ],
  },
);

const minimal = {
  eventId: 'e1',
  occurredAt: '2025-03-01T12:00:00+01:00',
  modelName: 'animals',
  modelVersion: '3',
  sourceId: 'gate-7',
  image: { uri: 'https://images.example.com/1.jpg' },
};

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function eventOf(candidate: unknown): InferenceEvent {
  const reading = parseEvent(candidate);
  if (reading.kind !== 'event') throw reading.fault;
  return reading.event;
}

function faultOf(candidate: unknown) {
  const reading = parseEvent(candidate);
  if (reading.kind !== 'unreadable') throw new Error('was expected to be refused');
  return reading.fault;
}

/** Bytes as plain numbers: a Buffer equals the Uint8Array of the same bytes. */
function plain(value: InferenceEvent): unknown {
  return value.image.kind === 'inline'
    ? { ...value, image: { ...value.image, bytes: [...value.image.bytes] } }
    : value;
}

describe('the event contract', () => {
  it('takes the six required fields alone', () => {
    expect(eventOf(minimal)).toEqual({
      ...minimal,
      occurredAt: Date.UTC(2025, 2, 1, 11),
      image: { kind: 'reference', uri: 'https://images.example.com/1.jpg' },
      predictions: { kind: 'none' },
      tags: {},
    });
  });

  it('ignores keys that it does not know, and counts null as absent', () => {
    const candidate = {
      ...minimal,
      embedding: null,
      tags: null,
      predictions: null,
      shift: 'night',
    };
    expect(eventOf(candidate)).toEqual(eventOf(minimal));
  });

  it('survives JSON unchanged', () => {
    fc.assert(
      fc.property(event, (original) => {
        const reading = readJsonEvent(encode(writeJsonEvent(original)));
        if (reading.kind !== 'event') throw reading.fault;
        // -0 has no JSON of its own.
        expect(JSON.stringify(plain(reading.event))).toBe(JSON.stringify(plain(original)));
      }),
    );
  });

  it('survives Avro unchanged', () => {
    fc.assert(
      fc.property(event, (original) => {
        const decoded: unknown = avroType.fromBuffer(avroType.toBuffer(writeAvroEvent(original)));
        expect(plain(eventOf(decoded))).toEqual(plain(original));
      }),
    );
  });

  it('never throws, whatever comes', () => {
    const mutilated = fc.tuple(event, fc.object(), fc.string()).map(([original, more, key]) => {
      return { ...writeJsonEvent(original), ...more, [key]: more };
    });
    fc.assert(
      fc.property(fc.oneof(fc.anything(), mutilated), (candidate) => {
        const reading = parseEvent(candidate);
        if (reading.kind === 'unreadable') expect(reading.fault.code).toBe('event.invalid');
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(readJsonEvent(bytes).kind).toBe('unreadable');
      }),
    );
  });

  it.each([
    ['eventId', { ...minimal, eventId: undefined }, 'eventId is missing'],
    ['eventId', { ...minimal, eventId: '' }, 'eventId must not be empty'],
    ['eventId', { ...minimal, eventId: 'e'.repeat(257) }, 'at most 256 characters'],
    ['sourceId', { ...minimal, sourceId: 7 }, 'sourceId must be text, not a number'],
    ['occurredAt', { ...minimal, occurredAt: '2025-03-01 12:00' }, 'ISO 8601'],
    ['occurredAt', { ...minimal, occurredAt: '2025-03-01T12:00:00' }, 'ISO 8601'],
    ['occurredAt', { ...minimal, occurredAt: '1969-12-31T23:59:59Z' }, '1970'],
    ['occurredAt', { ...minimal, occurredAt: 1.5 }, 'ISO 8601'],
    ['occurredAt', { ...minimal, occurredAt: null }, 'occurredAt is missing'],
    ['image', { ...minimal, image: {} }, 'neither bytes nor uri'],
    ['image', { ...minimal, image: { uri: 'file:///a', bytes: 'AAAA' } }, 'both bytes and uri'],
    ['image.bytes', { ...minimal, image: { bytes: 'data:image/png;base64,AA==' } }, 'not base64'],
    ['image.bytes', { ...minimal, image: { bytes: 'AAAA\nAAAA' } }, 'not base64'],
    ['image.bytes', { ...minimal, image: { bytes: '' } }, 'empty'],
    ['image.uri', { ...minimal, image: { uri: 'ftp://x/y' } }, 'http:, https:, s3: or file:'],
    ['image.sha256', { ...minimal, image: { uri: 'file:///a', sha256: 'ab' } }, '64 hexadecimal'],
    ['predictions.kind', { ...minimal, predictions: { kind: 'masks' } }, 'classification'],
    [
      'predictions.probabilities',
      {
        ...minimal,
        predictions: { kind: 'classification', classes: ['a'], probabilities: [1, 0] },
      },
      'has 2 numbers for 1 classes',
    ],
    [
      'predictions',
      { ...minimal, predictions: { kind: 'classification', classes: ['a'] } },
      'neither probabilities nor logits',
    ],
    [
      'predictions.probabilities.0',
      { ...minimal, predictions: { kind: 'classification', classes: ['a'], probabilities: [1.5] } },
      'must be at most 1',
    ],
    [
      'predictions.boxes.0.width',
      {
        ...minimal,
        predictions: {
          kind: 'detection',
          boxes: [{ label: 'a', score: 1, x: 0, y: 0, width: 0, height: 1 }],
          imageWidth: 1,
          imageHeight: 1,
        },
      },
      'must be above 0',
    ],
    ['eventId', { ...minimal, eventId: 'a\ud800' }, 'half of a character'],
    ['tags.a', { ...minimal, tags: { a: '\udc00' } }, 'half of a character'],
    ['embedding', { ...minimal, embedding: [] }, 'must not be empty'],
    ['embedding', { ...minimal, embedding: [0, 0, -0] }, 'is 3 zeros'],
    ['embedding.1', { ...minimal, embedding: [0, 1e300] }, 'must be at most'],
    ['embedding', { ...minimal, embedding: new Float32Array(0) }, 'must not be empty'],
    [
      'embedding.2',
      { ...minimal, embedding: Float32Array.of(1, 2, NaN) },
      'must be a finite number',
    ],
    ['tags.shift', { ...minimal, tags: { shift: 3 } }, 'must be text'],
    ['event', [minimal], 'must be an object, not a list'],
  ])('names %s', (field, candidate, message) => {
    const fault = faultOf(candidate);
    expect(fault).toMatchObject({ code: 'event.invalid', field });
    expect(fault.message).toContain(message);
    expect(fault.mend).toMatch(/^[A-Z].*\.$/);
  });

  it('finds a value that is not finite wherever it stands among floats', () => {
    const places = fc
      .integer({ min: 1, max: 9 })
      .chain((length) => fc.record({ length: fc.constant(length), at: fc.nat(length - 1) }));
    fc.assert(
      fc.property(places, fc.constantFrom(NaN, Infinity, -Infinity), ({ length, at }, value) => {
        const embedding = Float32Array.from({ length }, (_, place) =>
          place === at ? value : place - 3,
        );
        expect(faultOf({ ...minimal, embedding }).field).toBe(`embedding.${at}`);
      }),
    );
  });

  it.each(['event_id', 'EventID', 'evenId'])('recognises %s as a misspelt eventId', (key) => {
    const { eventId: id, ...rest } = minimal;
    const fault = faultOf({ ...rest, [key]: id });
    expect(fault.message).toBe(`eventId is missing, but there is '${key}'`);
    expect(fault.mend).toBe(`Rename '${key}' to 'eventId'.`);
  });

  it('names the first three problems and counts the rest', () => {
    expect(faultOf({}).message).toBe(
      'eventId is missing; occurredAt is missing; modelName is missing; and 3 more problems',
    );
  });

  it('says where broken JSON breaks', () => {
    const reading = readJsonEvent(new TextEncoder().encode('{"eventId": "e1",,}'));
    expect(reading).toMatchObject({ kind: 'unreadable', fault: { code: 'event.unreadable' } });
    if (reading.kind === 'unreadable') expect(reading.fault.message).toContain('position 17');
  });
});

describe('schemas/inference-event.v1.schema.json', () => {
  // `vitest -u` rewrites it.
  it('is what the contract generates', async () => {
    const generated = await format(JSON.stringify(inferenceEventJsonSchema()), {
      parser: 'json',
      printWidth: 100,
    });
    const file = new URL('inference-event.v1.schema.json', schemas);
    await expect(generated).toMatchFileSnapshot(file.pathname);
  });

  it('accepts what edgeminer writes, and refuses what breaks its rules', () => {
    const ajv = new Ajv2020({ formats: { 'date-time': true }, allowUnionTypes: true });
    const validate = ajv.compile(inferenceEventJsonSchema());
    fc.assert(
      fc.property(event, (original) => {
        expect(validate(JSON.parse(JSON.stringify(writeJsonEvent(original))))).toBe(true);
      }),
    );
    expect(validate({ ...minimal, embedding: null })).toBe(true);
    expect(validate({ ...minimal, image: { uri: 'file:///a', bytes: 'AAAA' } })).toBe(false);
    expect(validate({ ...minimal, sourceId: null })).toBe(false);
  });
});
