import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/fixtures/planes.js';
import { exactNeighbours } from './exact-neighbours.js';
import { leaveOneOutDistances } from './leave-one-out.js';
import { neighboursFor } from './novelty/embedding-distance.js';
import type { EmbeddingMatrix } from './reference.js';

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

describe('exactNeighbours', () => {
  it('finds what comparing and sorting finds', () => {
    fc.assert(
      fc.property(problem, ({ matrix, query, k }) => {
        const found = exactNeighbours(matrix).nearest(query, k);
        const naive = naiveDistances(matrix, query);
        expect(found).toHaveLength(Math.min(k, matrix.rows));
        const sorted = naive.toSorted((a, b) => a - b);
        found.forEach(({ index, distance }, place) => {
          expect(distance).toBeCloseTo(naive[index] ?? Number.NaN, 5);
          expect(distance).toBeCloseTo(sorted[place] ?? Number.NaN, 5);
        });
        expect(new Set(found.map(({ index }) => index)).size).toBe(found.length);
      }),
    );
  });

  it('does not mind the length of an embedding', () => {
    const matrix = { rows: 2, dimensions: 2, values: Float32Array.of(100, 0, 0, 0.001) };
    const [first, second] = exactNeighbours(matrix).nearest(Float32Array.of(5, 0), 2);
    expect(first).toEqual({ index: 0, distance: 0 });
    expect(second).toEqual({ index: 1, distance: 1 });
  });

  it('puts what has no direction at distance 1', () => {
    const matrix = { rows: 2, dimensions: 3, values: Float32Array.of(0, 0, 0, 1, 2, 3) };
    const index = exactNeighbours(matrix);
    expect(index.nearest(Float32Array.of(-1, -2, -3), 1)).toEqual([{ index: 0, distance: 1 }]);
    expect(index.nearest(new Float32Array(3), 2).map((n) => n.distance)).toEqual([1, 1]);
  });

  it('takes the earlier row of two alike, and none where none is asked for', () => {
    const index = exactNeighbours({ rows: 3, dimensions: 1, values: Float32Array.of(1, 2, 3) });
    expect(index.nearest(Float32Array.of(1), 2).map((n) => n.index)).toEqual([0, 1]);
    expect(index.nearest(Float32Array.of(1), 0)).toEqual([]);
  });

  it('keeps its own copy', () => {
    const matrix = { rows: 1, dimensions: 2, values: Float32Array.of(1, 0) };
    const index = exactNeighbours(matrix);
    matrix.values.fill(9);
    expect(index.nearest(Float32Array.of(1, 0), 1)).toEqual([{ index: 0, distance: 0 }]);
  });

  it('refuses an embedding of another length', () => {
    const index = exactNeighbours({ rows: 1, dimensions: 2, values: Float32Array.of(1, 0) });
    expect(() => index.nearest(new Float32Array(3), 1)).toThrow(/has 3 values.*have 2/);
  });
});

describe('leaveOneOutDistances', () => {
  it('measures each row against the others', async () => {
    const matrix = randomMatrix(9, 5);
    const distances = await leaveOneOutDistances(matrix, 2);
    distances.forEach((distance, row) => {
      const own = matrix.values.subarray(row * 5, row * 5 + 5);
      const others = naiveDistances(matrix, own).filter((_, other) => other !== row);
      const [first = 0, second = 0] = others.toSorted((a, b) => a - b);
      expect(distance).toBeCloseTo((first + second) / 2, 5);
    });
  });

  it('leaves copies out with the row', async () => {
    const once = randomMatrix(8, 5);
    const twice = { rows: 16, dimensions: 5, values: new Float32Array(80) };
    twice.values.set(once.values);
    twice.values.set(once.values, 40);
    const alone = await leaveOneOutDistances(once, 1);
    const copied = await leaveOneOutDistances(twice, 1);
    alone.forEach((distance, row) => {
      expect(distance).toBeGreaterThan(0.001);
      expect(copied[row]).toBeCloseTo(distance, 6);
    });
  });

  it('measures an even share of many rows, and nothing where all are one', async () => {
    const some = await leaveOneOutDistances(randomMatrix(10, 3), 1, 5);
    expect([...some].map((distance) => Number.isNaN(distance))).toEqual(
      Array.from({ length: 10 }, (_, row) => row % 2 === 1),
    );
    const same = { rows: 3, dimensions: 2, values: Float32Array.of(1, 2, 1, 2, 1, 2) };
    expect([...(await leaveOneOutDistances(same, 1))]).toEqual([NaN, NaN, NaN]);
  });
});

it('asks for no more neighbours than a small reference bears', () => {
  expect([1, 4, 10, 25, 50_000].map(neighboursFor)).toEqual([1, 2, 3, 5, 5]);
});

function randomMatrix(rows: number, dimensions: number): EmbeddingMatrix {
  const random = seeded(rows * 31 + dimensions);
  const all = Float32Array.from({ length: rows * dimensions }, () => random() - 0.5);
  return { rows, dimensions, values: all };
}

function naiveDistances({ rows, dimensions, values: all }: EmbeddingMatrix, query: Float32Array) {
  return Array.from({ length: rows }, (_, row) => {
    const other = all.subarray(row * dimensions, (row + 1) * dimensions);
    const dot = other.reduce((sum, value, i) => sum + value * (query[i] ?? 0), 0);
    const lengths = Math.hypot(...other) * Math.hypot(...query);
    return lengths === 0 ? 1 : 1 - dot / lengths;
  });
}
