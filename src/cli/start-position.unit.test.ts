import { describe, expect, it } from 'vitest';
import { parseStart, replayGroup } from './start-position.js';

describe('parseStart', () => {
  it.each([
    ['earliest', { kind: 'earliest' }],
    ['latest', { kind: 'latest' }],
    ['2026-03-01', { kind: 'timestamp', ms: Date.UTC(2026, 2, 1) }],
    ['2026-03-01T12:00Z', { kind: 'timestamp', ms: Date.UTC(2026, 2, 1, 12) }],
    ['2026-03-01T12:00:00.5+02:00', { kind: 'timestamp', ms: Date.UTC(2026, 2, 1, 10, 0, 0, 500) }],
    ['1:900', { kind: 'offsets', offsets: new Map([[1, 900n]]) }],
    [
      '0:15,12:9007199254740993',
      {
        kind: 'offsets',
        offsets: new Map([
          [0, 15n],
          [12, 9007199254740993n],
        ]),
      },
    ],
  ])('%s', (text, expected) => {
    expect(parseStart(text)).toEqual(expected);
  });

  it.each(['', 'yesterday', '2026-13-01', '2026-03-01T12:00:00', '0:1,0:2', '0:-1', '1500', '0:x'])(
    'refuses %s',
    (text) => {
      expect(() => parseStart(text)).toThrow(/Give a date|named twice/);
    },
  );
});

describe('replayGroup', () => {
  const kafka = { groupId: 'live' } as Parameters<typeof replayGroup>[1];
  const from = { kind: 'earliest' } as const;

  it('takes a group of its own', () => {
    expect(replayGroup({ from, group: 'again' }, kafka, 'kafka')).toEqual({ from, group: 'again' });
    expect(replayGroup({ group: 'live' }, kafka, 'kafka')).toEqual({ group: 'live' });
    expect(replayGroup({}, kafka, 'jsonl')).toEqual({});
  });

  it.each([
    [{ from }, 'kafka', '--group'],
    [{ from, group: 'live' }, 'kafka', '--group'],
    [{ from, group: 'again' }, 'jsonl', '--from'],
    [{ group: 'again' }, 'directory', '--group'],
  ])('refuses %o from %s', (options, source, field) => {
    expect(() => replayGroup(options, kafka, source)).toThrow(
      expect.objectContaining({ code: 'input.invalid', field }) as Error,
    );
  });
});
