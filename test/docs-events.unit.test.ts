import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { configSchema } from '../src/config/schema.js';
import { eventMapOf } from '../src/config/event-settings.js';
import { noContext } from '../src/event/event-map.js';
import { readMapped, readOwnFormat } from '../src/event/event-reader.js';
import type { Delivery, EventSource } from '../src/event/event-source.js';
import { decodeImage } from '../src/image/decode.js';
import { inferenceEventJsonSchema } from '../src/event/wire-event.js';
import { pairRequestsWithResponses } from '../src/mine/pair-requests.js';

const schema = inferenceEventJsonSchema();
const text = await readFile(new URL('../docs/events.md', import.meta.url), 'utf8');
const examples = text
  .split('<!-- example: ')
  .slice(1)
  .map((part) => {
    const block = (language: string) =>
      new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(part)?.[1] ?? '';
    return {
      name: part.split(' ')[0] ?? '',
      settings: parse(block('yaml')) as unknown,
      record: JSON.parse(block('json')) as unknown,
    };
  });

/** What a stream of these records comes to. */
async function eventsOf(settings: unknown, records: readonly unknown[]) {
  const { events } = configSchema.parse(settings ?? {});
  if (events.format === 'edgeminer') {
    return records.map((record) => readOwnFormat(record, noContext));
  }
  const reader = readMapped(eventMapOf(events.map));
  const context = { ...noContext, headers: { camera: 'aisle-4' } };
  if (events.format === 'json') return records.map((record) => reader(record, context));
  const source: EventSource = {
    async *deliveries() {
      for (const record of records) {
        yield {
          raw: { key: null, value: Buffer.from(JSON.stringify(record)), headers: {} },
          acknowledge: () => undefined,
        } as unknown as Delivery;
      }
    },
    backlog: () => [],
    close: async () => undefined,
  };
  const { window } = events;
  const paired = pairRequestsWithResponses(source, {
    reader,
    limits: { ...window, maxAgeMs: window.seconds * 1000 },
    now: () => 0,
    onAlone: () => undefined,
  });
  const readings = [];
  for await (const delivery of paired.deliveries(new AbortController().signal)) {
    readings.push(await delivery.read());
  }
  return readings;
}

const expected: Readonly<Record<string, readonly object[]>> = {
  detection: [
    {
      eventId: 'gate-2/2026-03-01/000981',
      occurredAt: Date.UTC(2026, 2, 1, 11, 0, 0, 250),
      image: { kind: 'reference', uri: 's3://camera-frames/gate-2/000981.jpg' },
      predictions: {
        kind: 'detection',
        boxes: [{ label: 'person', x: 212.5, height: 240.5 }, { label: 'bicycle' }],
        imageWidth: 640,
        imageHeight: 480,
      },
      embedding: Float32Array.of(0.12, -0.4, 0.9, 0.05),
      tags: { shift: 'night', firmware: '4.2.1' },
    },
  ],
  classification: [
    {
      occurredAt: 1_772_366_400_250,
      sourceId: 'shelf-17',
      image: { kind: 'inline' },
      predictions: {
        kind: 'classification',
        classes: ['milk', 'yoghurt', 'butter'],
        probabilities: [0.62, 0.31, 0.04],
      },
      tags: {},
    },
  ],
  json: [
    {
      eventId: 'f3a1',
      occurredAt: 1_772_366_400_250,
      modelName: 'shelf-check',
      sourceId: 'aisle-4',
      predictions: { classes: ['milk', 'yoghurt'], probabilities: [0.62, 0.31] },
      tags: { store: '17' },
    },
  ],
  boxes: [
    {
      eventId: '981',
      sourceId: 'gate-2',
      predictions: {
        boxes: [{ label: 'person', score: 0.48, x: 240, y: 120, width: 160, height: 240 }],
      },
    },
  ],
  'kserve-v1': [
    {
      eventId: '0b7d',
      modelName: 'pets',
      modelVersion: '3',
      predictions: { classes: ['cat', 'dog'], probabilities: [0.55, 0.45] },
    },
  ],
  'kserve-v2': [
    { eventId: '77c2/0', predictions: { logits: [1.5, -0.5] }, tags: { namespace: 'zoo' } },
    { eventId: '77c2/1', predictions: { logits: [0.1, 0.2] } },
  ],
};

describe('the examples of docs/events.md', () => {
  it.each(examples)('$name', async ({ name, settings, record }) => {
    const records = Array.isArray(record) ? record : [record];
    const readings = await eventsOf(settings, records);
    expect(readings).toMatchObject(
      (expected[name] ?? []).map((event) => ({ kind: 'event', event })),
    );
    expect(readings.length).toBe(expected[name]?.length);
  });

  it.each(['detection', 'classification'])(
    'the whole %s is as its schema says, and has a picture or says where',
    async (kind) => {
      const record = examples.find(({ name }) => name === kind)?.record;
      const validate = new Ajv2020({
        formats: { 'date-time': true },
        allowUnionTypes: true,
      }).compile(schema);
      expect(validate(record), JSON.stringify(validate.errors)).toBe(true);
      const { properties } = schema as { properties: object };
      for (const key of Object.keys(record as object))
        expect(Object.keys(properties)).toContain(key);
      const [reading] = await eventsOf({}, [record]);
      if (reading?.kind !== 'event') throw new Error('is no event');
      const { image } = reading.event;
      if (image.kind === 'inline') {
        expect(await decodeImage(image.bytes, { maxPixels: 100 })).toMatchObject({ width: 1 });
      } else expect(image.sha256).toHaveLength(64);
    },
  );

  it('the detection shows every field that an event can have', () => {
    const record = examples.find(({ name }) => name === 'detection')?.record as object;
    const { properties } = schema as { properties: object };
    expect(Object.keys(record).sort()).toEqual(Object.keys(properties).sort());
  });

  it('are all of them', () => {
    expect(examples.map(({ name }) => name)).toEqual(Object.keys(expected));
  });

  it.each([
    [{ format: 'json', map: { eventId: 'a..b' } }, /a\.\.b/],
    [{ format: 'jsn' }, /format/],
    [{ format: 'kserve', map: { image: { uri: 'instance' } } }, /modelVersion/],
  ])('a wrong mapping is refused with its place: %o', (events, what) => {
    const result = configSchema.safeParse({ events });
    expect(result.success).toBe(false);
    expect(JSON.stringify(result.error?.issues)).toMatch(what);
  });
});
