import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import type { NeighbourIndex, OpenNeighbours } from '../../src/score/neighbours.js';
import type { EmbeddingMatrix } from '../../src/score/embedding-matrix.js';
import { seeded } from '../fixtures/planes.js';

const values = fc.float({ min: -8, max: 8, noNaN: true });
const problem = fc
  .record({ rows: fc.integer({ min: 1, max: 12 }), dimensions: fc.integer({ min: 1, max: 11 }) })
  .chain(({ rows, dimensions }) =>
    fc.record({
      matrix: fc
        .array(values, { minLength: rows * dimensions, maxLength: rows * dimensions })
        .map((all) => ({ rows, dimensions, values: Float32Array.from(all) })),
      query: fc
        .array(values, { minLength: dimensions, maxLength: dimensions })
        .map((all) => Float32Array.from(all)),
      k: fc.integer({ min: 1, max: 15 }),
    }),
  );

/** The obligations of NeighbourIndex. Call it inside a `describe`; it closes what it opens. */
export function neighbourIndexSuite(openIndex: OpenNeighbours, numRuns = 100): void {
  const open: NeighbourIndex[] = [];
  const opened = async (matrix: EmbeddingMatrix): Promise<NeighbourIndex> => {
    const index = await openIndex(matrix);
    open.push(index);
    return index;
  };
  afterEach(async () => {
    for (const index of open.splice(0)) await index.close();
  });

  it('finds what comparing and sorting finds', async () => {
    await fc.assert(
      fc.asyncProperty(problem, async ({ matrix, query, k }) => {
        const index = await openIndex(matrix);
        const found = await index.nearest(query, k);
        await index.close();
        const naive = naiveDistances(matrix, query);
        expect(found).toHaveLength(Math.min(k, matrix.rows));
        const sorted = naive.toSorted((a, b) => a - b);
        found.forEach(({ index: row, distance }, place) => {
          expect(distance).toBeCloseTo(naive[row] ?? Number.NaN, 5);
          expect(distance).toBeCloseTo(sorted[place] ?? Number.NaN, 5);
        });
        expect(new Set(found.map(({ index: row }) => row)).size).toBe(found.length);
      }),
      { numRuns },
    );
  });

  it('answers many at once as it answers one alone', async () => {
    const random = seeded(7);
    const some = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);
    const index = await opened({ rows: 300, dimensions: 40, values: some(300 * 40) });
    const queries = Array.from({ length: 200 }, () => some(40));
    const together = await Promise.all(
      queries.map((query, n) => index.nearest(query, (n % 7) + 1)),
    );
    for (const n of [0, 1, 77, 150, 199]) {
      const alone = await index.nearest(queries[n] ?? new Float32Array(40), (n % 7) + 1);
      expect(together[n]?.map(({ index: row }) => row)).toEqual(alone.map(({ index: row }) => row));
      together[n]?.forEach(({ distance }, place) => {
        expect(distance).toBeCloseTo(alone[place]?.distance ?? Number.NaN, 6);
      });
    }
  });

  it('does not mind the length of an embedding', async () => {
    const index = await opened({
      rows: 2,
      dimensions: 2,
      values: Float32Array.of(100, 0, 0, 0.001),
    });
    const [first, second] = await index.nearest(Float32Array.of(5, 0), 2);
    expect(first).toEqual({ index: 0, distance: 0 });
    expect(second).toEqual({ index: 1, distance: 1 });
  });

  it('puts what has no direction at distance 1', async () => {
    const values = Float32Array.of(0, 0, 0, 1, 2, 3);
    const index = await opened({ rows: 2, dimensions: 3, values });
    const opposite = await index.nearest(Float32Array.of(-1, -2, -3), 1);
    expect(opposite).toEqual([{ index: 0, distance: 1 }]);
    const nowhere = await index.nearest(new Float32Array(3), 2);
    expect(nowhere.map(({ distance }) => distance)).toEqual([1, 1]);
  });

  it('takes the earlier row of two alike, and none where none is asked for', async () => {
    const index = await opened({ rows: 3, dimensions: 1, values: Float32Array.of(1, 2, 3) });
    const found = await index.nearest(Float32Array.of(1), 2);
    expect(found.map(({ index: row }) => row)).toEqual([0, 1]);
    expect(await index.nearest(Float32Array.of(1), 0)).toEqual([]);
  });

  it('keeps its own copy', async () => {
    const matrix = { rows: 1, dimensions: 2, values: Float32Array.of(1, 0) };
    const index = await opened(matrix);
    matrix.values.fill(9);
    expect(await index.nearest(Float32Array.of(1, 0), 1)).toEqual([{ index: 0, distance: 0 }]);
  });

  it('refuses an embedding of another length', async () => {
    const index = await opened({ rows: 1, dimensions: 2, values: Float32Array.of(1, 0) });
    await expect(index.nearest(new Float32Array(3), 1)).rejects.toThrow(/has 3 values.*have 2/);
  });

  it('closes twice, whatever is asked', async () => {
    const index = await opened({ rows: 1, dimensions: 2, values: Float32Array.of(1, 0) });
    const asked = index.nearest(Float32Array.of(1, 0), 1).catch((error: unknown) => error);
    await index.close();
    await index.close();
    await asked;
  });
}

export function naiveDistances(
  { rows, dimensions, values: all }: EmbeddingMatrix,
  query: Float32Array,
) {
  return Array.from({ length: rows }, (_, row) => {
    const other = all.subarray(row * dimensions, (row + 1) * dimensions);
    const dot = other.reduce((sum, value, i) => sum + value * (query[i] ?? 0), 0);
    const lengths = Math.hypot(...other) * Math.hypot(...query);
    return lengths === 0 ? 1 : 1 - dot / lengths;
  });
}
