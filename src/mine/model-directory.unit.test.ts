import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelName, modelVersion } from '../ids.js';
import { signalNames } from '../score/signal.js';
import type { FlagRules } from '../score/signal.js';
import { createServedModels, matchesPattern } from './model-directory.js';

describe('matchesPattern', () => {
  it.each([
    ['*', '', true],
    ['1.2', '1.2', true],
    ['1.2', '1.20', false],
    ['1.*', '1.9.3', true],
    ['1.*', '2.1', false],
    ['2026-*-rc*', '2026-11-rc2', true],
    ['a*a', 'a', false],
    ['*a*', 'bab', true],
  ])('%s on %s: %s', (pattern, text, expected) => {
    expect(matchesPattern(pattern, text)).toBe(expected);
  });

  it('agrees with a regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 6 });
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        const source = p.replaceAll('.', '\\.').replaceAll('*', '.*');
        expect(matchesPattern(p, t)).toBe(new RegExp(`^${source}$`).test(t));
      }),
    );
  });
});

describe('served models', () => {
  it('remember what the store said of the newest thousand, and ask again for the others', async () => {
    const asked: string[] = [];
    const { serve } = createServedModels({
      entries: [],
      fallback: {
        name: '*',
        versions: ['*'],
        policy: {
          name: 'default',
          flags: Object.fromEntries(
            signalNames.map((signal) => [signal, { kind: 'off' }]),
          ) as FlagRules,
          minFlags: 1,
          weights: { confidence: 1, quality: 1, format: 1, novelty: 1 },
          controlSample: 0,
        },
        labelSet: undefined,
        embedder: undefined,
        reference: 'store',
      },
      references: {
        current: async (name) => {
          asked.push(name);
          return undefined;
        },
        load: async () => undefined,
        publish: async () => undefined,
        close: async () => undefined,
      },
      openIndex: () => Promise.reject(new Error('there is no reference')),
      now: () => 0,
      refreshMs: 1000,
      onMismatch: () => undefined,
    });
    const ask = (n: number) => serve(modelName(`m-${n}`), modelVersion('1'));
    for (let n = 0; n <= 1000; n++) await ask(n);
    asked.length = 0;
    await ask(1000);
    await ask(1);
    expect(asked).toEqual([]);
    await ask(0);
    expect(asked).toEqual(['m-0']);
  });
});
