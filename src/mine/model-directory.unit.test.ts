import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern } from './model-directory.js';

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
