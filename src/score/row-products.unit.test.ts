import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../scripts/kernels/compile.mjs';
import type { EmbeddingMatrix } from './embedding-matrix.js';
import { rowProductsBinary } from './row-products-binary.js';
import { rowProducts, rowProductsOfRoots } from './row-products.js';

const matrices = fc
  .record({ rows: fc.integer({ min: 0, max: 11 }), dimensions: fc.integer({ min: 0, max: 40 }) })
  .chain(({ rows, dimensions }) =>
    fc.record({
      matrix: floats(rows * dimensions).map((values): EmbeddingMatrix => {
        return { rows, dimensions, values };
      }),
      vector: floats(dimensions),
    }),
  );

describe('rowProducts', () => {
  it('sums as plain loops do, within rounding', () => {
    fc.assert(
      fc.property(matrices, ({ matrix, vector }) => {
        expectProducts(matrix, vector);
      }),
    );
  });

  it('tells matrices apart, wider ones and ones too large to keep among them', () => {
    const small = made(3, 5);
    const wide = made(2, 3000);
    const tall = made(5000, 300);
    for (const matrix of [small, wide, tall, small, tall, wide]) {
      expectProducts(matrix, made(1, matrix.dimensions).values);
    }
  });

  it('goes on when its memory is full', () => {
    const many = Array.from({ length: 15 }, () => made(500, 2000));
    // 60 MB, of which 32 stay.
    for (const matrix of [...many, ...many]) {
      expectProducts(matrix, made(1, 2000).values, 50);
    }
  });

  it('takes the signed roots of the vector, scaled to length 1, where it is asked for them', () => {
    fc.assert(
      fc.property(matrices, ({ matrix, vector }) => {
        const sum = vector.reduce((total, part) => total + Math.abs(part), 0);
        const roots = vector.map((part) =>
          sum === 0 ? 0 : Math.sign(part) * Math.sqrt(Math.abs(part) / sum),
        );
        expectProducts(matrix, roots, 1, rowProductsOfRoots(matrix, vector));
      }),
    );
  });

  it('fills what it is given', () => {
    const into = new Float64Array(3);
    const matrix = made(3, 5);
    expect(rowProducts(matrix, made(1, 5).values, into)).toBe(into);
    expect(rowProductsOfRoots(matrix, made(1, 5).values, into)).toBe(into);
    expect(into.every((product) => product !== 0)).toBe(true);
    expect([...rowProductsOfRoots(matrix, new Float32Array(5), into)]).toEqual([0, 0, 0]);
  });

  it('is what its source compiles to', async () => {
    expect(Buffer.from(await compileKernel('row-products')).equals(rowProductsBinary)).toBe(true);
  });
});

/** Looks at every `step`-th row. */
function expectProducts(
  matrix: EmbeddingMatrix,
  vector: Float32Array,
  step = 1,
  products = rowProducts(matrix, vector),
): void {
  expect(products).toHaveLength(matrix.rows);
  for (const [row, product] of products.entries()) {
    if (row % step !== 0) continue;
    let exact = 0;
    let size = 0;
    for (let at = 0; at < matrix.dimensions; at += 1) {
      const part = (matrix.values[row * matrix.dimensions + at] ?? 0) * (vector[at] ?? 0);
      exact += part;
      size += Math.abs(part);
    }
    expect(Math.abs(product - exact)).toBeLessThanOrEqual(1e-5 * size + 1e-30);
  }
}

let turn = 0;

function made(rows: number, dimensions: number): EmbeddingMatrix {
  turn += 1;
  const values = Float32Array.from({ length: rows * dimensions }, (_, at) =>
    Math.sin(at * 0.7 + turn),
  );
  return { rows, dimensions, values };
}

function floats(length: number): fc.Arbitrary<Float32Array> {
  return fc
    .array(fc.integer({ min: -1000, max: 1000 }), { minLength: length, maxLength: length })
    .map((whole) => Float32Array.from(whole, (value) => value / 7));
}
