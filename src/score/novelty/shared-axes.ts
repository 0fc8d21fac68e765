import { rowOf } from '../embedding-matrix.js';
import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { rowProducts } from '../row-products.js';
import { addScaled, dot, meanRow, principalAxes } from './principal-axes.js';

/**
 * The few directions that every method looks along, so that an embedding is projected once: the
 * reference's principal axes, of falling variance, then what its means need besides. All means are
 * in their span; what is off them is taken as round.
 */
export interface SharedAxes {
  readonly count: number;
  readonly dimensions: number;
  /** Unit vectors at right angles, one after another: `count` x `dimensions`. */
  readonly axes: Float32Array;
}

/** Embeddings as the axes see them. */
export interface SeenRows {
  readonly rows: number;
  /** Row by row, the part along each axis. */
  readonly along: EmbeddingMatrix;
  /** Squared length of each, the parts off the axes included. */
  readonly squares: Float64Array;
}

/** `near` are the axes of about the same rows, to begin at. */
export function sharedAxes(
  raw: EmbeddingMatrix,
  unit: EmbeddingMatrix,
  near?: SharedAxes,
): SharedAxes {
  const { dimensions } = raw;
  const principal = principalAxes(raw, { near: near?.axes });
  const own = principal.variances.length;
  const axes = new Float32Array((own + 2) * dimensions);
  axes.set(principal.axes);
  let count = own;
  for (const mean of [principal.mean, meanRow(unit)]) {
    const direction = mean.slice();
    for (let pass = 0; pass < 2; pass += 1) {
      for (let axis = 0; axis < count; axis += 1) {
        const part = dot(direction, 0, axes, axis * dimensions, dimensions);
        addScaled(direction, 0, axes, axis * dimensions, dimensions, -part);
      }
    }
    const rest = Math.sqrt(dot(direction, 0, direction, 0, dimensions));
    const whole = Math.sqrt(dot(mean, 0, mean, 0, dimensions));
    if (!(rest > 1e-5 * whole)) continue;
    for (let at = 0; at < dimensions; at += 1) {
      axes[count * dimensions + at] = (direction[at] ?? 0) / rest;
    }
    count += 1;
  }
  return { count, dimensions, axes: axes.slice(0, count * dimensions) };
}

/** The part of an embedding along each axis. */
export function alongAxes(
  { count, dimensions, axes }: SharedAxes,
  embedding: Float32Array,
): Float64Array {
  return rowProducts({ rows: count, dimensions, values: axes }, embedding);
}

export function seenRows(shared: SharedAxes, matrix: EmbeddingMatrix): SeenRows {
  const { rows, dimensions } = matrix;
  const along = new Float32Array(rows * shared.count);
  const squares = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const embedding = rowOf(matrix, row);
    along.set(alongAxes(shared, embedding), row * shared.count);
    squares[row] = dot(embedding, 0, embedding, 0, dimensions);
  }
  return { rows, along: { rows, dimensions: shared.count, values: along }, squares };
}

/** The same rows scaled to length 1; those without a direction are zeros. */
export function seenUnit({ rows, along, squares }: SeenRows): SeenRows {
  const values = along.values.slice();
  const { dimensions } = along;
  for (let row = 0; row < rows; row += 1) {
    const scale = inverseLength(squares[row] ?? 0);
    for (let at = row * dimensions; at < (row + 1) * dimensions; at += 1) {
      values[at] = (values[at] ?? 0) * scale;
    }
  }
  return {
    rows,
    along: { rows, dimensions, values },
    squares: squares.map((each) => (inverseLength(each) > 0 ? 1 : 0)),
  };
}

/** 0 where there is no direction. */
export function inverseLength(squares: number): number {
  return squares > 0 && Number.isFinite(squares) ? 1 / Math.sqrt(squares) : 0;
}
