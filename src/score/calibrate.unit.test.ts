import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/fixtures/planes.js';
import { normalDeviate } from '../image/normal-deviate.js';
import { calibrateSignal } from './calibrate.js';
import type { Scale } from './unusual-end.js';
import { atDistance, distanceToUnusualEnd, fallbackScore, isBeyond } from './unusual-end.js';

const scale = fc.constantFrom<Scale>(
  { range: [0, 1], unusual: 'high' },
  { range: [0, 255], unusual: 'low' },
  { range: [0, 2], unusual: 'high' },
);
/** Shares of the range, with ties and both ends among them. */
const shares = fc.array(
  fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.25, 0.5, 1)),
  { minLength: 2, maxLength: 250 },
);
const rate = fc.double({ min: 0.0001, max: 1, noNaN: true });

describe('calibrateSignal', () => {
  it('scores one less the conformal p-value', () => {
    fc.assert(
      fc.property(scale, shares, fc.double({ min: 0, max: 1, noNaN: true }), (s, all, share) => {
        const raws = measured(all, s);
        const raw = share * s.range[1];
        const asUnusual = raws.filter((other) => !isBeyond(raw, other, s)).length;
        const calibration = calibrateSignal(raws, s);
        expect(calibration.edgeScore(raw)).toBeCloseTo(1 - (1 + asUnusual) / (all.length + 1), 12);
        expect(calibration.standing(raw)).toEqual({
          lessUnusual: (all.length - asUnusual) / all.length,
          count: all.length,
        });
      }),
    );
  });

  it('flags exactly the p-values up to the rate, where the sample has that quantile', () => {
    fc.assert(
      fc.property(scale, shares, rate, (s, all, share) => {
        fc.pre((all.length + 1) * share >= 1);
        const raws = measured(all, s);
        const calibration = calibrateSignal(raws, s);
        const limit = calibration.limitFor(share);
        for (const raw of [...raws, s.range[0], s.range[1]]) {
          const p = 1 - calibration.edgeScore(raw);
          if (Math.abs(p - share) * (all.length + 1) < 1e-6) continue;
          expect(isBeyond(raw, limit, s)).toBe(p < share);
        }
      }),
    );
  });

  it('never flags a picture of its own reference by extrapolation', () => {
    fc.assert(
      fc.property(scale, shares, rate, (s, all, share) => {
        fc.pre((all.length + 1) * share < 1);
        const raws = measured(all, s);
        const limit = calibrateSignal(raws, s).limitFor(share);
        expect(raws.some((raw) => isBeyond(raw, limit, s))).toBe(false);
      }),
    );
  });

  it('moves the limit outwards as the rate falls', () => {
    fc.assert(
      fc.property(scale, shares, rate, rate, (s, all, a, b) => {
        const { limitFor } = calibrateSignal(measured(all, s), s);
        const [strict, lax] = [limitFor(Math.min(a, b)), limitFor(Math.max(a, b))];
        expect(isBeyond(lax, strict, s)).toBe(false);
      }),
    );
  });

  it('reaches no further out than what is ordinary', () => {
    const random = seeded(7);
    const bright = Array.from({ length: 60 }, () => 62 + 190 * random());
    const limitWith = (own: readonly number[], ordinaryLimit?: number) =>
      calibrateSignal(Float64Array.from([...bright, ...own]), {
        range: [0, 255],
        unusual: 'low',
        ...(ordinaryLimit === undefined ? {} : { ordinaryLimit }),
      }).limitFor(0.0001);
    expect(limitWith([], 60)).toBe(60);
    expect(limitWith([])).toBeLessThan(50);
    // Never to within its own pictures, either.
    expect(limitWith([42], 60)).toBe(42);
  });

  it('tells a black frame by 30 pictures', () => {
    const random = seeded(5);
    const brightness = Float64Array.from({ length: 30 }, () => 60 + 150 * random());
    const limit = calibrateSignal(brightness, { range: [0, 255], unusual: 'low' }).limitFor(0.01);
    expect(limit).toBeGreaterThan(5);
    expect(limit).toBeLessThan(Math.min(...brightness));
  });

  it('flags nothing at a rate of 0, and everything at 1', () => {
    for (const s of [
      { range: [0, 1], unusual: 'high' },
      { range: [0, 1], unusual: 'low' },
    ] as const) {
      const { limitFor } = calibrateSignal(Float64Array.of(0, 0.5, 1), s);
      expect([0, 0.5, 1].map((raw) => isBeyond(raw, limitFor(0), s))).toEqual([
        false,
        false,
        false,
      ]);
      expect([0, 0.5, 1].map((raw) => isBeyond(raw, limitFor(1), s))).toEqual([true, true, true]);
    }
  });

  it('keeps its false alarms on fresh pictures of the same kind', () => {
    const s: Scale = { range: [0, 255], unusual: 'low' };
    const random = seeded(11);
    const fresh = () => 255 / (1 + Math.exp(-2 - normalDeviate(random)));
    for (const count of [30, 50, 99, 400]) {
      let flagged = 0;
      for (let trial = 0; trial < 400; trial += 1) {
        const limit = calibrateSignal(Float64Array.from({ length: count }, fresh), s).limitFor(
          0.01,
        );
        for (let i = 0; i < 50; i += 1) flagged += isBeyond(fresh(), limit, s) ? 1 : 0;
      }
      expect(flagged / (400 * 50)).toBeLessThan(0.0125);
    }
  });
});

describe('the unusual end', () => {
  it('is as far away as it is put', () => {
    fc.assert(
      fc.property(scale, fc.double({ min: 0, max: 1, noNaN: true }), (s, distance) => {
        expect(distanceToUnusualEnd(atDistance(distance, s), s)).toBeCloseTo(distance, 12);
      }),
    );
  });

  it('scores 1 at the end and a half at the limit', () => {
    const s: Scale = { range: [0, 255], unusual: 'low' };
    expect(fallbackScore(0, 30, s)).toBe(1);
    expect(fallbackScore(30, 30, s)).toBe(0.5);
    expect(fallbackScore(255, 30, s)).toBeLessThan(0.2);
  });
});

function measured(all: readonly number[], { range }: Scale): Float64Array {
  return Float64Array.from(all, (share) => share * range[1]);
}
