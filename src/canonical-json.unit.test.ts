import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.js';

describe('canonicalJson', () => {
  it('sorts keys and leaves out what is undefined', () => {
    expect(canonicalJson({ b: 1, a: { d: [true, null], c: undefined }, é: 'x' })).toBe(
      '{"a":{"d":[true,null]},"b":1,"é":"x"}',
    );
  });

  it('does not depend on the order of keys, and reads back as the same value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([[NaN], [Infinity], ['\ud800'], [undefined]])('refuses %s', (value) => {
    expect(() => canonicalJson(value)).toThrow(
      expect.objectContaining({ code: 'input.invalid' }) as Error,
    );
  });
});
