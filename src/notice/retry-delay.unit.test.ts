import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxTries, nextTry } from './retry-delay.js';

const day = 24 * 60 * 60 * 1000;
const almost = 1 - Number.EPSILON;

describe('nextTry', () => {
  it('waits up to 5 s first, then twice as long each time, up to a day, and gives up after 17', () => {
    const longest = Array.from({ length: maxTries }, (_, n) => nextTry(n + 1, almost));
    const pauses = longest.map((next) => (next.kind === 'retry' ? next.after : next.kind));
    expect(pauses.slice(0, 4)).toEqual([5000, 10_000, 20_000, 40_000]);
    expect(pauses.slice(-3)).toEqual([5000 * 2 ** 14, day, 'give-up']);
    expect(pauses).toHaveLength(17);
  });

  it('spreads a pause over its whole length, and never beyond', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 0, max: 3 * day }),
        (failures, draw, asked) => {
          const next = nextTry(failures, draw, asked);
          if (next.kind === 'give-up') return failures >= maxTries;
          const longest = Math.min(day, 5000 * 2 ** (failures - 1));
          const own = Math.round(draw * longest);
          return (
            failures < maxTries &&
            next.after >= own &&
            next.after >= Math.min(asked, day) &&
            next.after <= Math.max(own, Math.min(asked, day))
          );
        },
      ),
    );
  });
});
