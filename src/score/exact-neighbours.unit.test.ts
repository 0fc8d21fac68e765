import { describe, expect, it } from 'vitest';
import { naiveDistances, neighbourIndexSuite } from '../../test/conformance/neighbour-index.js';
import { seeded } from '../../test/fixtures/planes.js';
import { exactNeighbours } from './exact-neighbours.js';
import { leaveOneOutNeighbours } from './leave-one-out.js';
import { meanDistance, neighboursFor } from './novelty/embedding-distance.js';
import type { EmbeddingMatrix } from './embedding-matrix.js';
import type { EmbeddingRows } from './embedding-rows.js';

describe('exactNeighbours', () => {
  neighbourIndexSuite(async (matrix) => exactNeighbours(matrix));
});

describe('leaveOneOutNeighbours', () => {
  it(
    'finds in parts what comparing with all finds, many copies left out',
    { timeout: 30_000 },
    async () => {
      const [rows, dimensions] = [520, 2000];
      const { values } = randomMatrix(rows, dimensions);
      // The first 100 rows are one picture.
      for (let row = 1; row < 100; row += 1) {
        values.set(values.subarray(0, dimensions), row * dimensions);
      }
      const matrix = { rows, dimensions, values };
      const chosen = [0, 50, 99, 100, 499, 500, 519];
      const done: number[] = [];
      const found = await leaveOneOutNeighbours(rowsIn(matrix), 5, {
        chosen,
        turn: async (share) => void done.push(share),
      });
      expect(done.length).toBeGreaterThan(1);
      expect(done).toEqual(done.toSorted((a, b) => a - b));
      for (const row of chosen) {
        const own = values.subarray(row * dimensions, (row + 1) * dimensions);
        const others = naiveDistances(matrix, own)
          .map((distance, index) => ({ distance, index }))
          .filter(({ distance, index }) => index !== row && distance > 1e-6)
          .sort((a, b) => a.distance - b.distance);
        expect(found.get(row)?.map(({ index }) => index)).toEqual(
          others.slice(0, 5).map(({ index }) => index),
        );
      }
    },
  );

  it('measures each row against the others', async () => {
    const matrix = randomMatrix(9, 5);
    const distances = await distancesOf(matrix, 2);
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
    const alone = await distancesOf(once, 1);
    const copied = await distancesOf(twice, 1);
    alone.forEach((distance, row) => {
      expect(distance).toBeGreaterThan(0.001);
      expect(copied[row]).toBeCloseTo(distance, 6);
    });
  });

  it('measures an even share of many rows, and nothing where all are one', async () => {
    const some = await distancesOf(randomMatrix(10, 3), 1, [0, 2, 4, 6, 8]);
    expect([...some].map((distance) => Number.isNaN(distance))).toEqual(
      Array.from({ length: 10 }, (_, row) => row % 2 === 1),
    );
    const same = { rows: 3, dimensions: 2, values: Float32Array.of(1, 2, 1, 2, 1, 2) };
    expect([...(await distancesOf(same, 1))]).toEqual([NaN, NaN, NaN]);
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

/** Of each row's k nearest others, the mean distance; NaN where they were not looked for. */
async function distancesOf(
  matrix: EmbeddingMatrix,
  k: number,
  rows?: readonly number[],
): Promise<number[]> {
  const found = await leaveOneOutNeighbours(
    rowsIn(matrix),
    k,
    rows === undefined ? {} : { chosen: rows },
  );
  return Array.from({ length: matrix.rows }, (_, row) => {
    const nearest = found.get(row);
    return nearest === undefined ? Number.NaN : meanDistance(nearest);
  });
}

function rowsIn({ rows, dimensions, values }: EmbeddingMatrix): EmbeddingRows {
  return {
    rows,
    dimensions,
    readInto: async (to, from, until) =>
      to.set(values.subarray(from * dimensions, until * dimensions)),
  };
}
