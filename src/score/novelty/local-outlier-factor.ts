import { rowOf } from '../embedding-matrix.js';
import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { distanceOfProduct } from '../exact-neighbours.js';
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
  const found = Array.from({ length: unit.rows }, (_, row) => {
    const distances = distancesTo(unit, rowOf(unit, row), 1);
    return findNearest(distances, noneYet(neighbours), row);
  });
  const reach = Float64Array.from(found, ({ count, distances }) => distances[count - 1] ?? 0);
  const density = Float64Array.from(found, (each) => densityAt(each, reach));
  return { unit, neighbours, reach, density };
}

/**
 * Local outlier factor (Breunig et al. 2000) on cosine distances: about 1 where a picture lies as
 * densely as its neighbours do, more where it lies apart. `along` times `scale` are the parts of an
 * embedding of length 1.
 */
export function localOutlierFactor(
  densities: LocalDensities,
  along: Float64Array,
  scale: number,
): number {
  const { unit, neighbours, reach, density } = densities;
  if (seen.distances.length !== unit.rows || seen.nearest.rows.length !== neighbours) {
    seen = { distances: new Float64Array(unit.rows), nearest: noneYet(neighbours) };
  }
  const found = findNearest(distancesTo(unit, along, scale, seen.distances), seen.nearest);
  const own = densityAt(found, reach);
  let sum = 0;
  for (let at = 0; at < found.count; at += 1) sum += density[found.rows[at] ?? 0] ?? 0;
  return sum / Math.max(1, found.count) / own;
}

/** Some rows and how far they are, nearest first. */
interface Nearest {
  count: number;
  readonly rows: Int32Array;
  readonly distances: Float64Array;
}

/** What the last picture needed: arrays anew for each are work for the collector. */
let seen = { distances: new Float64Array(0), nearest: noneYet(0) };

function noneYet(most: number): Nearest {
  return { count: 0, rows: new Int32Array(most), distances: new Float64Array(most) };
}

function distancesTo(
  matrix: EmbeddingMatrix,
  along: Float32Array | Float64Array,
  scale: number,
  into?: Float64Array,
): Float64Array {
  const distances = rowProducts(matrix, along, into);
  for (let row = 0; row < distances.length; row += 1) {
    distances[row] = distanceOfProduct((distances[row] ?? 0) * scale);
  }
  return distances;
}

/** As many as `into` has room for; of two at one distance the lower row first. */
function findNearest(distances: Float64Array, into: Nearest, without = -1): Nearest {
  const most = into.rows.length;
  let farthest = Infinity;
  into.count = 0;
  for (let row = 0; row < distances.length; row += 1) {
    const distance = distances[row] ?? 0;
    if (!(distance < farthest) || row === without) continue;
    if (into.count < most) into.count += 1;
    let place = into.count - 1;
    for (; place > 0 && (into.distances[place - 1] ?? 0) > distance; place -= 1) {
      into.distances[place] = into.distances[place - 1] ?? 0;
      into.rows[place] = into.rows[place - 1] ?? 0;
    }
    into.distances[place] = distance;
    into.rows[place] = row;
    if (into.count === most) farthest = into.distances[most - 1] ?? 0;
  }
  return into;
}

function densityAt({ count, rows, distances }: Nearest, reach: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < count; at += 1) {
    sum += Math.max(distances[at] ?? 0, reach[rows[at] ?? 0] ?? 0);
  }
  return 1 / Math.max(smallest, sum / Math.max(1, count));
}
