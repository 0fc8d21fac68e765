import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContiguousPrefix } from './contiguous-prefix.js';

describe('ContiguousPrefix', () => {
  it('is as long as the run of positions from 0 that are done, in whatever order they came', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 100 }), (positions) => {
        const prefix = new ContiguousPrefix<string>();
        const done = new Set<number>();
        for (const position of positions) {
          const before = prefix.length;
          const grew = prefix.add(position, `at ${position}`);
          done.add(position);
          let expected = 0;
          while (done.has(expected)) expected += 1;
          expect(prefix.length).toBe(expected);
          expect(grew).toBe(expected > before);
          expect(prefix.last).toBe(expected === 0 ? undefined : `at ${expected - 1}`);
        }
      }),
    );
  });

  it('ends complete for every order of all positions', () => {
    const order = fc
      .integer({ min: 0, max: 50 })
      .chain((size) =>
        fc.shuffledSubarray([...Array(size).keys()], { minLength: size, maxLength: size }),
      );
    fc.assert(
      fc.property(order, (positions) => {
        const prefix = new ContiguousPrefix<string>();
        for (const position of positions) prefix.add(position, '');
        expect(prefix.length).toBe(positions.length);
      }),
    );
  });
});
