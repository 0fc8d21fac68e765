import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromExactJson, toExactJson } from './exact-json.js';

const key = fc.oneof(fc.string(), fc.constantFrom('$number', '$', '$$', '$$number', '__proto__'));
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.double(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
    fc.array(tie('any')),
    fc.dictionary(key, tie('any'), { noNullPrototype: true }),
  ),
})).any;

it('gives back what it was given', () => {
  fc.assert(
    fc.property(value, (given) => {
      expect(fromExactJson(toExactJson(given))).toEqual(given);
    }),
  );
});

it('writes plain JSON for plain data', () => {
  expect(toExactJson({ a: [1, 'x', null], b: undefined })).toBe('{"a":[1,"x",null]}');
});
