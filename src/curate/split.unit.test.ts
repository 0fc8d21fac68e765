import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hammingDistance } from '../image/perceptual-hash.js';
import { imageHash, sourceId, taskId } from '../ids.js';
import { splits } from './curated-set.js';
import type { SplitPlan } from './curated-set.js';
import { splitItems } from './split.js';
import type { SplitCandidate } from './split.js';

const plan: SplitPlan = {
  shares: { train: 0.8, validation: 0.1, test: 0.1 },
  seed: 'edgeminer',
  incidentGap: 1000,
  nearDuplicateBits: 3,
};

/** Few sources, moments, images and hashes, so that items often hang together. */
function candidates(labelledFrom: number, ids: fc.Arbitrary<string>) {
  const item = fc.record({
    taskId: ids.map(taskId),
    sourceId: fc.constantFrom('a', 'b', 'c', 'd').map(sourceId),
    occurredAt: fc.integer({ min: 0, max: 60_000 }),
    labelledAt: fc.integer({ min: labelledFrom, max: labelledFrom + 50 }),
    imageHash: fc.integer({ min: 0, max: 400 }).map((n) => imageHash(String(n))),
    perceptualHash: fc
      .tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 3 }))
      .map(([centre, noise]) => spread(centre, noise)),
  });
  return fc.uniqueArray(item, { maxLength: 24, selector: ({ taskId: id }) => id });
}

function spread(centre: number, noise: number): string {
  const far = (BigInt(centre) * 0x9e3779b97f4a7c15n) & (2n ** 64n - 1n);
  return (far ^ BigInt(noise)).toString(16).padStart(16, '0');
}

const hex16 = fc.string({
  unit: fc.constantFrom('0', '5', 'a', 'f'),
  minLength: 16,
  maxLength: 16,
});
const items = candidates(
  0,
  hex16.map((id) => `0${id}`),
);
const laterItems = candidates(
  1000,
  hex16.map((id) => `1${id}`),
);

const anyPlan = fc.record({
  shares: fc
    .tuple(fc.nat({ max: 10 }), fc.nat({ max: 10 }), fc.nat({ max: 10 }))
    .filter((parts) => parts.some((part) => part > 0))
    .map(([train, validation, test]) => {
      const sum = train + validation + test;
      return { train: train / sum, validation: validation / sum, test: test / sum };
    }),
  seed: fc.string({ maxLength: 4 }),
  incidentGap: fc.constantFrom(0, 1, 1000, 5000),
  nearDuplicateBits: fc.integer({ min: 0, max: 12 }),
});

function far(index: number, change: Partial<SplitCandidate> = {}): SplitCandidate {
  return {
    taskId: taskId(`task-${String(index).padStart(6, '0')}`),
    sourceId: sourceId(`source-${index}`),
    occurredAt: 0,
    labelledAt: index,
    imageHash: imageHash(`image-${index}`),
    perceptualHash: spread(index, 0),
    ...change,
  };
}

function byId(given: readonly SplitCandidate[], under: SplitPlan) {
  const placements = splitItems(given, under);
  return new Map(given.map((item, index) => [item.taskId, placements[index]]));
}

/** Belonging together, by definition: over all pairs. */
function related(a: SplitCandidate, b: SplitCandidate, under: SplitPlan): boolean {
  const incident =
    under.incidentGap > 0 &&
    a.sourceId === b.sourceId &&
    Math.abs(a.occurredAt - b.occurredAt) <= under.incidentGap;
  const near = hammingDistance(a.perceptualHash, b.perceptualHash) <= under.nearDuplicateBits;
  return incident || near || a.imageHash === b.imageHash;
}

describe('splitItems', () => {
  it('never separates an incident, near-duplicates or the same image', () => {
    fc.assert(
      fc.property(items, anyPlan, (given, under) => {
        const placed = splitItems(given, under);
        given.forEach((a, i) => {
          given.forEach((b, j) => {
            if (related(a, b, under)) expect(placed[i]).toEqual(placed[j]);
          });
        });
      }),
    );
  });

  it('joins nothing else: a group hangs together by related pairs', () => {
    fc.assert(
      fc.property(items, anyPlan, (given, under) => {
        const placed = splitItems(given, under);
        const reached = new Map<string, Set<number>>();
        given.forEach((item, start) => {
          const group = placed[start]?.group ?? '';
          if (group !== item.taskId) return;
          const seen = new Set([start]);
          for (const at of seen) {
            given.forEach((other, next) => {
              const from = given[at];
              if (from !== undefined && related(from, other, under)) seen.add(next);
            });
          }
          reached.set(group, seen);
        });
        placed.forEach(({ group }, index) => {
          expect(reached.get(group)?.has(index)).toBe(true);
        });
      }),
    );
  });

  it('gives a group one split, and only a split with a share', () => {
    fc.assert(
      fc.property(items, anyPlan, (given, under) => {
        const splitOf = new Map<string, string>();
        for (const { group, split } of splitItems(given, under)) {
          expect(splitOf.get(group) ?? split).toBe(split);
          splitOf.set(group, split);
          expect(under.shares[split]).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('does not depend on the order of the items', () => {
    const shuffled = items.chain((given) =>
      fc.tuple(
        fc.constant(given),
        fc.shuffledSubarray(given, { minLength: given.length, maxLength: given.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, anyPlan, ([given, turned], under) => {
        expect(byId(turned, under)).toEqual(new Map([...byId(given, under)]));
      }),
    );
  });

  it('leaves no split with a share empty where there are groups enough', () => {
    fc.assert(
      fc.property(items, anyPlan, (given, under) => {
        const placed = splitItems(given, under);
        const groups = new Set(placed.map((placement) => placement.group)).size;
        const open = splits.filter((split) => under.shares[split] > 0).length;
        const used = new Set(placed.map((placement) => placement.split)).size;
        expect(used).toBeGreaterThanOrEqual(Math.min(groups, open));
      }),
    );
  });

  it('leaves all where they were when later labels join without tying groups together', () => {
    fc.assert(
      fc.property(items, laterItems, anyPlan, (given, later, under) => {
        const before = byId(given, under);
        const after = byId([...given, ...later], under);
        const merged = new Set(given.map((item) => after.get(item.taskId)?.group)).size;
        const groups = new Set(given.map((item) => before.get(item.taskId)?.group)).size;
        fc.pre(merged === groups);
        for (const item of given) {
          expect(after.get(item.taskId)).toEqual(before.get(item.taskId));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('links a chain in time whose ends are far apart', () => {
    const source = sourceId('gate');
    const chain = Array.from({ length: 50 }, (_, index) =>
      far(index, { sourceId: source, occurredAt: index * plan.incidentGap }),
    );
    const gap = far(50, { sourceId: source, occurredAt: 51 * plan.incidentGap + 1 });
    const placed = splitItems([...chain, gap], plan);
    expect(new Set(placed.map((placement) => placement.group))).toEqual(
      new Set(['task-000000', 'task-000050']),
    );
  });

  it('says nothing of time with an incident gap of 0', () => {
    const given = [0, 1].map((index) => far(index, { sourceId: sourceId('folder') }));
    const placed = splitItems(given, { ...plan, incidentGap: 0 });
    expect(new Set(placed.map((placement) => placement.group)).size).toBe(2);
  });

  it('keeps close to the shares over many groups, and differs by seed', () => {
    const given = Array.from({ length: 3000 }, (_, index) => far(index));
    const count = (seed: string, split: string) =>
      splitItems(given, { ...plan, seed }).filter((placement) => placement.split === split).length;
    // Five standard deviations of a binomial count.
    expect(Math.abs(count('a', 'train') - 2400)).toBeLessThan(110);
    expect(Math.abs(count('a', 'test') - 300)).toBeLessThan(83);
    const one = splitItems(given, { ...plan, seed: 'a' });
    const other = splitItems(given, { ...plan, seed: 'b' });
    expect(one).not.toEqual(other);
    expect(one.map((placement) => placement.group)).toEqual(
      other.map((placement) => placement.group),
    );
  });

  it('deals the first groups largest share first', () => {
    const given = [0, 1, 2].map((index) => far(index));
    expect(splitItems(given, plan).map((placement) => placement.split)).toEqual([
      'train',
      'validation',
      'test',
    ]);
  });

  it.each([
    [{ shares: { train: 0.5, validation: 0.1, test: 0.1 } }, 'split.shares'],
    [{ shares: { train: 1.5, validation: -0.5, test: 0 } }, 'split.shares'],
    [{ shares: { train: NaN, validation: 0.5, test: 0.5 } }, 'split.shares'],
    [{ incidentGap: -1 }, 'split.incidentGap'],
    [{ nearDuplicateBits: 65 }, 'split.nearDuplicateBits'],
    [{ nearDuplicateBits: 1.5 }, 'split.nearDuplicateBits'],
  ])('refuses %j', (change, field) => {
    expect(() => splitItems([far(0)], { ...plan, ...change })).toThrow(
      expect.objectContaining({ code: 'input.invalid', field }) as Error,
    );
  });
});
