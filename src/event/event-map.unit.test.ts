import { describe, expect, it } from 'vitest';
import { mapRecord, noContext } from './event-map.js';
import type { EventMap, FieldSource, PredictionsMap } from './event-map.js';
import { readMapped } from './event-reader.js';
import { parsePath, valueAt } from './field-path.js';
import type { FieldPath } from './field-path.js';

function path(text: string): FieldPath {
  const parsed = parsePath(text);
  if (parsed === undefined) throw new Error(`no path: ${text}`);
  return parsed;
}

const at = (text: string): FieldSource => ({ kind: 'path', path: path(text) });
const fixed = (value: string | number): FieldSource => ({ kind: 'const', value });

const map: EventMap = {
  eventId: at('id'),
  occurredAt: at('ts'),
  timeUnit: 'ms',
  modelName: fixed('m'),
  modelVersion: at('model.version'),
  sourceId: at('cam.id'),
  image: { as: 'uri', from: at('url') },
  predictions: undefined,
  embedding: undefined,
  tags: {},
};
const record = {
  id: 7,
  ts: 1_770_000_000_000,
  model: { version: 2 },
  cam: { id: 'gate' },
  url: 'https://images.example.com/7.jpg',
};

describe('parsePath', () => {
  it.each([
    ['a', ['a']],
    ['$.a.b', ['a', 'b']],
    ['a[0].b-c', ['a', 0, 'b-c']],
    [`a['b.c']["d"]`, ['a', 'b.c', 'd']],
    ['$', []],
    ['$[2]', [2]],
  ])('%s', (text, steps) => {
    expect(parsePath(text)?.steps).toEqual(steps);
  });

  it.each(['a..b', 'a[', 'a[x]', '1a', 'a b', '[]', 'a.'])('refuses %s', (text) => {
    expect(parsePath(text)).toBeUndefined();
  });

  it('finds what is there, and nothing of what is not', () => {
    expect(valueAt({ a: [{ b: 5 }] }, path('a[0].b'))).toBe(5);
    for (const missing of ['a[1].b', 'a.b', 'toString', 'a.length.x', '__proto__']) {
      expect(valueAt({ a: [{ b: 5 }] }, path(missing))).toBeUndefined();
    }
    expect(valueAt('text', path('length'))).toBeUndefined();
  });
});

describe('a mapped record', () => {
  it('becomes an event, numbers as ids included', () => {
    expect(readMapped(map)(record, noContext)).toMatchObject({
      kind: 'event',
      event: { eventId: '7', modelVersion: '2', sourceId: 'gate', predictions: { kind: 'none' } },
    });
  });

  it.each([
    ['s', 1_770_000_000.5, 1_770_000_000_500],
    ['ms', 1_770_000_000_000, 1_770_000_000_000],
    ['us', 1_770_000_000_000_000, 1_770_000_000_000],
    ['ns', 1_770_000_000_000_000_000, 1_770_000_000_000],
  ] as const)('has its time counted in %s', (timeUnit, ts, expected) => {
    const mapped = mapRecord({ ...record, ts }, noContext, { ...map, timeUnit });
    expect(mapped).toMatchObject({ occurredAt: expected });
  });

  it('takes header, key and timestamp of its record', () => {
    const context = { key: 'k-1', headers: { camera: 'yard' }, timestamp: 1_760_000_000_000 };
    const mapped = mapRecord(record, context, {
      ...map,
      eventId: { kind: 'key' },
      sourceId: { kind: 'header', name: 'camera' },
      occurredAt: { kind: 'timestamp' },
      timeUnit: 's',
      tags: { camera: { kind: 'header', name: 'camera' }, none: at('nowhere') },
    });
    expect(mapped).toMatchObject({
      eventId: 'k-1',
      sourceId: 'yard',
      occurredAt: 1_760_000_000_000,
      tags: { camera: 'yard' },
    });
  });

  it.each<[string, PredictionsMap, object, object | undefined]>([
    [
      'parallel lists',
      { kind: 'classes', classes: at('c'), numbers: at('p'), as: 'probabilities' },
      { c: ['a', 'b'], p: [0.1, 0.9] },
      { kind: 'classification', classes: ['a', 'b'], probabilities: [0.1, 0.9] },
    ],
    [
      'names known in advance',
      { kind: 'named-classes', classes: ['a', 'b'], numbers: at('l'), as: 'logits' },
      { l: [2, -1] },
      { kind: 'classification', classes: ['a', 'b'], logits: [2, -1] },
    ],
    [
      'items',
      { kind: 'items', items: at('top'), label: path('n'), score: path('s') },
      { top: [{ n: 1, s: 0.8 }] },
      { kind: 'classification', classes: ['1'], probabilities: [0.8] },
    ],
    [
      'one class',
      { kind: 'one', label: at('label'), score: at('score') },
      { label: 'a', score: 0.5 },
      { kind: 'classification', classes: ['a'], probabilities: [0.5] },
    ],
    ['none', { kind: 'one', label: at('label'), score: at('score') }, {}, undefined],
  ])('predicts by %s', (_name, predictions, more, expected) => {
    const mapped = mapRecord({ ...record, ...more }, noContext, { ...map, predictions });
    expect((mapped as { predictions?: object }).predictions).toEqual(expected);
  });

  const boxMap = (convention: 'xywh' | 'xyxy' | 'cxcywh', normalised: boolean): PredictionsMap => ({
    kind: 'boxes',
    items: at('found'),
    label: path('l'),
    score: path('s'),
    box: path('b'),
    convention,
    normalised,
    imageWidth: fixed(200),
    imageHeight: fixed(100),
  });

  it.each([
    ['xywh', false, [10, 20, 30, 40]],
    ['xyxy', false, [10, 20, 40, 60]],
    ['cxcywh', false, [25, 40, 30, 40]],
    ['xyxy', true, [0.05, 0.2, 0.2, 0.6]],
  ] as const)('has its boxes as %s, normalised: %s', (convention, normalised, b) => {
    const mapped = mapRecord({ ...record, found: [{ l: 'a', s: 0.5, b }] }, noContext, {
      ...map,
      predictions: boxMap(convention, normalised),
    });
    expect(mapped).toMatchObject({
      predictions: {
        kind: 'detection',
        imageWidth: 200,
        boxes: [{ label: 'a', score: 0.5, x: 10, y: 20, width: 30, height: 40 }],
      },
    });
  });

  it.each([
    [{ cam: undefined }, 'sourceId', 'cam.id'],
    [{ url: 'no uri' }, 'image.uri', 'url'],
    [{ ts: 'yesterday' }, 'occurredAt', 'ts'],
    [{ found: 'none' }, 'predictions.boxes', 'found'],
    [{ found: [{ l: 'a', s: 2, b: [1, 2, 3, 4] }] }, 'predictions.boxes.0.score', 'found'],
    [{ found: [{ l: 'a', s: 0.2, b: [1, 2] }] }, 'predictions.boxes.0.x', 'found'],
  ])('that does not fit names the field and where it was read: %o', (more, field, from) => {
    const read = readMapped({ ...map, predictions: boxMap('xywh', false) });
    const reading = read({ ...record, ...more }, noContext);
    if (reading.kind !== 'unreadable') throw new Error('it was read');
    expect(reading.fault).toMatchObject({ code: 'event.invalid', field });
    expect(reading.fault.message).toContain(`read from ${from})`);
    expect(reading.fault.mend).toContain(`events.map.${field.split('.')[0] ?? ''}`);
  });

  it.each([
    ['shares where pixels were mapped', false, [0.1, 0.2, 0.3, 0.4], "'normalised: true'"],
    ['pixels where shares were mapped', true, [10, 20, 30, 40], "'normalised: false'"],
    ['corners where sizes were mapped', false, [150, 90, -20, 20], "'convention: xyxy'"],
  ])('that has %s says how to mend the mapping', (_, normalised, b, mend) => {
    const read = readMapped({ ...map, predictions: boxMap('xywh', normalised) });
    const reading = read({ ...record, found: [{ l: 'a', s: 0.5, b }] }, noContext);
    if (reading.kind !== 'unreadable') throw new Error('it was read');
    expect(reading.fault.mend).toMatch(/^Correct events\.map\.predictions, or the records\. [A-Z]/);
    expect(reading.fault.mend).toContain(mend);
  });

  it('that does not fit for a plain reason says no more than where to mend it', () => {
    const reading = readMapped(map)({ ...record, cam: undefined }, noContext);
    if (reading.kind !== 'unreadable') throw new Error('it was read');
    expect(reading.fault.mend).toBe('Correct events.map.sourceId, or the records.');
  });
});
