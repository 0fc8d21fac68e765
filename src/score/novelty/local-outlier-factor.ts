import { rowOf } from '../embedding-matrix.js';
import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { distanceOfProduct, NearestSoFar } from '../exact-neighbours.js';
import type { Neighbour } from '../neighbours.js';
import { rowProducts } from '../row-products.js';

/**
 * Some of the reference's embeddings, of length 1, with how densely each lies among them; only their
 * parts along the shared axes, as the products of the rest are about 0.
 */
export interface LocalDensities {
  readonly unit: EmbeddingMatrix;
  readonly neighbours: number;
  /** Cosine distance of each row to its k-th neighbour. */
  readonly reach: Float64Array;
  /** Local reachability density of each row. */
  readonly density: Float64Array;
}

/** Rows that are compared with at most. */
export const mostDensities = 256;
const neighboursAsked = 20;
/** Copies of one picture have no density of their own. */
const smallest = 1e-6;

/** Fits on the parts of rows of length 1. */
export function localDensities(unit: EmbeddingMatrix): LocalDensities {
  const neighbours = Math.max(1, Math.min(neighboursAsked, unit.rows - 1));
  const nearest = Array.from({ length: unit.rows }, (_, row) =>
    nearestRows(unit, rowOf(unit, row), neighbours, row),
  );
  const reach = Float64Array.from(nearest, (found) => found.at(-1)?.distance ?? 0);
  const density = Float64Array.from(nearest, (found) => densityAt(found, reach));
  return { unit, neighbours, reach, density };
}

/**
 * Local outlier factor (Breunig et al. 2000) on cosine distances: about 1 where a picture lies as
 * densely as its neighbours do, more where it lies apart. `unit` are the parts of an embedding of length 1.
 */
export function localOutlierFactor(densities: LocalDensities, unit: Float32Array): number {
  const found = nearestRows(densities.unit, unit, densities.neighbours);
  const own = densityAt(found, densities.reach);
  let sum = 0;
  for (const { index } of found) sum += densities.density[index] ?? 0;
  return sum / Math.max(1, found.length) / own;
}

function densityAt(found: readonly Neighbour[], reach: Float64Array): number {
  let sum = 0;
  for (const { index, distance } of found) sum += Math.max(distance, reach[index] ?? 0);
  return 1 / Math.max(smallest, sum / Math.max(1, found.length));
}

function nearestRows(
  matrix: EmbeddingMatrix,
  unit: Float32Array,
  k: number,
  without = -1,
): readonly Neighbour[] {
  const nearest = new NearestSoFar(k);
  const products = rowProducts(matrix, unit);
  for (let row = 0; row < products.length; row += 1) {
    if (row !== without) nearest.offer(row, distanceOfProduct(products[row] ?? 0));
  }
  return nearest.found;
}
