import { expect, it } from 'vitest';
import { configSchema, defaultPolicy } from '../config/schema.js';
import { toPolicy, unknownClasses } from './policy.js';

const written = configSchema.parse({
  policies: {
    strict: {
      falseAlarms: 0.02,
      signals: {
        blur: 'off',
        dark: { falseAlarms: 0.1 },
        margin: { classes: { milk: { raw: 0.2 }, bread: 'off' } },
        entropy: { edgeScore: 0.9, classes: { milk: { falseAlarms: 0.3 } } },
      },
    },
    each: { falseAlarms: 0.02, falseAlarmsOf: 'signal' },
  },
}).policies;

it('shares the rate among signals without a rule of their own', () => {
  const { flags } = toPolicy('strict', written['strict'] ?? defaultPolicy);
  expect(flags.entropy).toEqual({
    kind: 'by-class',
    classes: new Map([['milk', { kind: 'false-alarms', rate: 0.3 }]]),
    otherwise: { kind: 'edge-score', atLeast: 0.9 },
  });
  expect(flags.margin).toEqual({
    kind: 'by-class',
    classes: new Map([
      ['milk', { kind: 'raw', limit: 0.2 }],
      ['bread', { kind: 'off' }],
    ]),
    otherwise: { kind: 'false-alarms', rate: 0.02, together: true },
  });
  expect([flags.blur, flags.dark, flags['box-count']]).toEqual([
    { kind: 'off' },
    { kind: 'false-alarms', rate: 0.1 },
    { kind: 'false-alarms', rate: 0.02, together: true },
  ]);
  const each = toPolicy('each', written['each'] ?? defaultPolicy);
  expect(each.flags.dark).toEqual({ kind: 'false-alarms', rate: 0.02 });
});

it('finds rules for classes that nobody knows', () => {
  const policy = toPolicy('strict', written['strict'] ?? defaultPolicy);
  expect(unknownClasses(policy, new Set(['milk', 'apple']))).toEqual(['bread']);
  expect(unknownClasses(policy, new Set())).toEqual([]);
});
