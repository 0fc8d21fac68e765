import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/fixtures/planes.js';
import { extrapolatedDistance, surpriseBeyond } from './tail.js';

const rate = 0.0006;

/** Ascending distances whose tail falls by `excess` in ln, as an exponential one does. */
function sample(count: number, excess: number, random: () => number): Float64Array {
  return Float64Array.from({ length: count }, () => 100 * random() ** excess).sort();
}

/** The share of fresh ones that undercut the limit, over so many samples, and the mean of ln of it. */
function over(samples: number, count: number, excess: number, usual?: number) {
  const random = seeded(17);
  let [share, logs] = [0, 0];
  for (let at = 0; at < samples; at += 1) {
    const limit = extrapolatedDistance(sample(count, excess, random), rate, usual);
    share += (limit / 100) ** (1 / excess) / samples;
    logs += Math.log(limit) / samples;
  }
  return { share, logs };
}

describe('extrapolatedDistance', () => {
  it('is undercut by the rate that was asked for, whether it knows the usual tail or not', () => {
    for (const count of [50, 200]) {
      for (const usual of [undefined, 0.15]) {
        const { share } = over(400, count, 0.15, usual);
        expect(share).toBeGreaterThan(rate / 3);
        expect(share).toBeLessThan(1.2 * rate);
      }
    }
  });

  it('needs not reach as far where it knows how such tails usually fall', () => {
    // By a factor of e to a third on the distance, at 50 pictures.
    expect(over(400, 50, 0.15, 0.15).logs - over(400, 50, 0.15).logs).toBeGreaterThan(1 / 3);
  });

  it('takes a sample for no usual one that falls less than half as fast', () => {
    expect(over(400, 50, 2, 0.15).share).toBeLessThan(1.2 * rate);
    const random = seeded(3);
    const slow = sample(50, 2, random);
    expect(extrapolatedDistance(slow, rate, 0.15)).toBe(extrapolatedDistance(slow, rate));
  });

  it('is never nearer than the most unusual, nor beyond the end', () => {
    const random = seeded(5);
    for (const count of [2, 10, 50]) {
      const distances = sample(count, 0.2, random);
      const limit = extrapolatedDistance(distances, 0.5 / (count + 1), 0.2);
      expect(limit).toBeLessThanOrEqual(distances[0] ?? 0);
      expect(limit).toBeGreaterThan(0);
    }
    expect(extrapolatedDistance(Float64Array.of(0, 1), rate, 0.2)).toBe(0);
  });
});

describe('surpriseBeyond', () => {
  it('is the inverse of the limit', () => {
    const random = seeded(8);
    for (const count of [12, 50, 300]) {
      const distances = sample(count, 0.2, random);
      for (const usual of [undefined, 0.15]) {
        for (const asked of [1e-2 / count, 1e-5, 1e-9]) {
          const limit = extrapolatedDistance(distances, asked, usual);
          if (limit >= (distances[0] ?? 0)) continue;
          expect(surpriseBeyond(distances, limit, usual)).toBeCloseTo(-Math.log(asked), 6);
        }
      }
    }
  });

  it('grows towards the end, from what the most unusual of the sample comes to', () => {
    const distances = sample(60, 0.2, seeded(9));
    const [closest = 0] = distances;
    const along = [0.999, 0.9, 0.5, 0.1, 1e-6, 0].map((part) =>
      surpriseBeyond(distances, part * closest, 0.15),
    );
    expect(along).toEqual(along.toSorted((a, b) => a - b));
    expect(along[0]).toBeGreaterThanOrEqual(Math.log(61));
    expect(along.every(Number.isFinite)).toBe(true);
    expect(surpriseBeyond(Float64Array.of(1, 1, 1), 0.5)).toBe(Math.log(4));
  });
});
