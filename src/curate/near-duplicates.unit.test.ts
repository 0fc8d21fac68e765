import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hammingDistance } from '../image/perceptual-hash.js';
import { DisjointSets } from './disjoint-sets.js';
import { visitNearDuplicates } from './near-duplicates.js';

const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(hex);

/** Hashes in clusters: centres, and copies with a few bits turned. */
const clustered = fc
  .array(
    fc.record({
      centre: hash,
      turned: fc.array(fc.array(fc.nat({ max: 63 }), { maxLength: 14 }), { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((clusters) =>
    clusters.flatMap(({ centre, turned }) => [
      centre,
      ...turned.map((bits) => bits.reduce((value, bit) => flip(value, bit), centre)),
    ]),
  );

function hex(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}

function flip(value: string, bit: number): string {
  return hex(BigInt(`0x${value}`) ^ (1n << BigInt(bit)));
}

function linkedBy(
  hashes: readonly string[],
  visitAll: (join: (a: number, b: number) => void) => void,
): number[] {
  const sets = new DisjointSets(hashes.length);
  visitAll((a, b) => sets.join(a, b));
  // The first member names the set, so that two ways of joining can be compared.
  const firsts = new Map<number, number>();
  return hashes.map((_, index) => {
    const root = sets.find(index);
    const first = firsts.get(root) ?? index;
    firsts.set(root, first);
    return first;
  });
}

function expectAsAllPairs(hashes: readonly string[], maxBits: number): void {
  const found = linkedBy(hashes, (join) => {
    visitNearDuplicates(hashes, maxBits, (a, b) => {
      expect(a).toBeLessThan(b);
      join(a, b);
    });
  });
  const expected = linkedBy(hashes, (join) => {
    hashes.forEach((one, a) => {
      hashes.forEach((other, b) => {
        if (a < b && hammingDistance(one, other) <= maxBits) join(a, b);
      });
    });
  });
  expect(found).toEqual(expected);
}

describe('visitNearDuplicates', () => {
  it('links what all pairs would link, for few hashes', () => {
    fc.assert(fc.property(clustered, fc.integer({ min: 0, max: 64 }), expectAsAllPairs));
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'links what all pairs would link through the bands, within %i bits',
    (maxBits) => {
      const samples = fc.sample(clustered, { numRuns: 60, seed: maxBits + 1 }).flat();
      expectAsAllPairs(samples, maxBits);
    },
  );

  it('links through the bands at the distance that production uses', () => {
    const centres = Array.from({ length: 1000 }, (_, index) =>
      createHash('sha256').update(String(index)).digest('hex').slice(0, 16),
    );
    const hashes = centres.flatMap((centre, index) => [
      centre,
      Array.from({ length: 9 + (index % 3) }, (_, bit) => (bit * 13 + index) % 64).reduce(
        flip,
        centre,
      ),
    ]);
    const near = new Set<string>();
    visitNearDuplicates(hashes, 10, (a, b) => near.add(`${a} ${b}`));
    const expected = centres.flatMap((_, index) =>
      index % 3 < 2 ? [`${2 * index} ${2 * index + 1}`] : [],
    );
    expect([...near].sort()).toEqual(expected.sort());
  });

  it('finds equal hashes whatever their case', () => {
    const pairs: number[][] = [];
    visitNearDuplicates(['00000000000000AB', 'ffffffffffffffff', '00000000000000ab'], 0, (a, b) =>
      pairs.push([a, b]),
    );
    expect(pairs).toEqual([[0, 2]]);
  });

  it('refuses what is no hash', () => {
    expect(() => visitNearDuplicates(['xyz'], 3, () => undefined)).toThrow(
      expect.objectContaining({ code: 'input.invalid', field: 'image.perceptualHash' }) as Error,
    );
  });
});
