import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InFlight } from './in-flight.js';

const maxBytes = 100;
const largest = 150;
const size = fc.integer({ min: 0, max: largest });

describe('InFlight', () => {
  it('lets in, in order, no more than its limits, but for one event larger than all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(size, { maxLength: 50 }),
        fc.integer({ min: 1, max: 5 }),
        async (sizes, maxCount) => {
          const inFlight = new InFlight({ maxCount, maxBytes }, (count, bytes) => {
            expect(count).toBeLessThanOrEqual(maxCount);
            if (count > 1) expect(bytes).toBeLessThanOrEqual(maxBytes);
          });
          const order: number[] = [];
          await Promise.all(
            sizes.map(async (bytes, position) => {
              const place = await inFlight.enter(bytes);
              order.push(position);
              await new Promise(setImmediate);
              place.leave();
            }),
          );
          expect(order).toEqual(sizes.map((_, position) => position));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('ends, within its limit and one image, though each waits for all before it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ first: size, then: size, pauses: fc.nat(3) }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        async (events, maxCount) => {
          let held = 0;
          const inFlight = new InFlight({ maxCount, maxBytes }, (count, bytes) => {
            expect(count).toBeLessThanOrEqual(maxCount);
            expect(bytes).toBeLessThanOrEqual(maxBytes + largest);
            held = bytes;
          });
          let before: Promise<void> = Promise.resolve();
          const done: Promise<void>[] = [];
          for (const { first, then, pauses } of events) {
            const place = await inFlight.enter(first);
            const turn = before;
            const work = (async () => {
              for (let pause = 0; pause < pauses; pause += 1) await new Promise(setImmediate);
              await place.resize(then);
              await turn;
              place.leave();
            })();
            before = work;
            done.push(work);
          }
          await Promise.all(done);
          expect(held).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('answers at once where it may not wait, and gives room back once', () => {
    const inFlight = new InFlight({ maxCount: 1, maxBytes }, () => undefined);
    const place = inFlight.tryEnter(10);
    expect(place).toBeDefined();
    expect(inFlight.tryEnter(10)).toBeUndefined();
    place?.leave();
    place?.leave();
    expect(inFlight.tryEnter(1000)).toBeDefined();
    expect(inFlight.tryEnter(1)).toBeUndefined();
  });
});
