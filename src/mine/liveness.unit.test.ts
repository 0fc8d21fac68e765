import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { watchLiveness } from './liveness.js';

const stalledAfterMs = 1000;

describe('watchLiveness', () => {
  it('is not alive exactly when records waited and nothing happened for so long', () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 700 }),
      lag: fc.constantFrom(0, 0, 5),
      progressed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let now = 0;
        let lag = 0;
        const watch = watchLiveness({
          backlog: () => [{ stream: 's', partition: 0, lag, oldestMs: 0 }],
          now: () => now,
          stalledAfterMs,
        });
        let last = 0;
        let busySince: number | undefined;
        for (const each of steps) {
          now += each.wait;
          lag = each.lag;
          if (each.progressed) {
            watch.progressed();
            last = now;
          }
          if (lag === 0) busySince = undefined;
          else busySince ??= now;
          const stalled = busySince !== undefined && now - Math.max(busySince, last) >= 1000;
          expect(watch.check().alive).toBe(!stalled);
        }
      }),
    );
  });

  it('says what there is to do', () => {
    let now = 0;
    const watch = watchLiveness({
      backlog: () => [
        { stream: 's', partition: 0, lag: 3, oldestMs: 0 },
        { stream: 's', partition: 1, lag: 4, oldestMs: 0 },
      ],
      now: () => now,
      stalledAfterMs: 180_000,
    });
    watch.check();
    now = 181_000;
    expect(watch.check()).toEqual({
      alive: false,
      detail: '7 records to do, and nothing done for 181 s',
    });
  });
});
