import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InFlight } from './in-flight.js';

describe('InFlight', () => {
  it('never lets in more than its limits, but for one event that is larger than all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 150 }), { maxLength: 50 }),
        fc.integer({ min: 1, max: 5 }),
        async (sizes, maxCount) => {
          const inFlight = new InFlight({ maxCount, maxBytes: 100 }, (count, bytes) => {
            expect(count).toBeLessThanOrEqual(maxCount);
            if (count > 1) expect(bytes).toBeLessThanOrEqual(100);
          });
          const order: number[] = [];
          await Promise.all(
            sizes.map(async (bytes, place) => {
              await inFlight.enter(bytes);
              order.push(place);
              await new Promise(setImmediate);
              inFlight.leave(bytes);
            }),
          );
          expect(order).toEqual(sizes.map((_, place) => place));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('answers at once where it may not wait', () => {
    const inFlight = new InFlight({ maxCount: 1, maxBytes: 100 }, () => undefined);
    expect(inFlight.tryEnter(10)).toBe(true);
    expect(inFlight.tryEnter(10)).toBe(false);
    inFlight.leave(10);
    expect(inFlight.tryEnter(1000)).toBe(true);
  });
});
