import {
  cosineDistance,
  distanceOfProduct,
  NearestSoFar,
  normalisedRows,
} from './exact-neighbours.js';
import { rowOf } from './embedding-matrix.js';
import { pickFrom, readRows } from './embedding-rows.js';
import type { EmbeddingRows } from './embedding-rows.js';
import type { Neighbour } from './neighbours.js';
import { rowProducts } from './row-products.js';

/**
 * Rows that are measured at most. Every one is compared with the whole matrix, so the cost is
 * this times the rows; 2,000 measurements place a quantile of 1 % to within 0.2 points.
 */
const maxMeasuredRows = 2000;

/** Two embeddings this close are one picture twice, whatever their files say. */
const sameDirection = 1e-6;
/** Products are rounded: those that may be of one picture twice are measured exactly. */
const maybeSame = 1e-4;
/** How many more than are asked for are measured exactly, so that rounding loses none. */
const spare = 8;

/** Bytes of the rows that are compared at once; the kernel's memory keeps so many. */
const partBytes = 4_000_000;

export interface LeaveOneOut {
  /** Beyond 2,000 rows, unless told: evenly spread. */
  readonly chosen?: readonly number[];
  /** Awaited in between, with the share that is done, 0..1; may throw to end it. */
  readonly turn?: (done: number) => Promise<void>;
}

/**
 * Each row's k nearest among the others, as a fresh picture's are found among all; by row, only
 * those that were chosen and that have any. Distances are exact. Rows are read once, a few at a
 * time.
 *
 * A row's copies are left out with it. A training set holds copies by accident or to weigh a
 * class, production doesn't send them again; kept in, they would put the distances of the
 * reference near 0 and every fresh picture beyond them.
 */
export async function leaveOneOutNeighbours(
  source: EmbeddingRows,
  k: number,
  options: LeaveOneOut = {},
): Promise<ReadonlyMap<number, readonly Neighbour[]>> {
  const { rows, dimensions } = source;
  const {
    chosen = evenlySpread(rows, maxMeasuredRows),
    turn = () => new Promise((resolve) => setImmediate(resolve)),
  } = options;
  const picked = await pickFrom(source, chosen);
  const queries = { ...picked, values: normalisedRows(picked) };
  const searches = chosen.map((row, at) => {
    const query = rowOf(queries, at);
    return { row, query, near: new NearestSoFar(k + spare), exact: new Map<number, number>() };
  });
  const rowsAtOnce = Math.max(1, Math.floor(partBytes / (4 * Math.max(1, dimensions))));
  for (let from = 0; from < rows; from += rowsAtOnce) {
    const until = Math.min(rows, from + rowsAtOnce);
    await turn(from / rows);
    const read = await readRows(source, from, until);
    const part = { ...read, values: normalisedRows(read) };
    const exactTo = (query: Float32Array, other: number) =>
      cosineDistance(query, 0, part.values, (other - from) * dimensions, dimensions);
    for (const [at, { row, query, near, exact }] of searches.entries()) {
      const products = rowProducts(part, query);
      for (let other = from; other < until; other += 1) {
        const distance = distanceOfProduct(products[other - from] ?? 0);
        if (!near.takes(distance) || other === row) continue;
        if (distance < maybeSame && exactTo(query, other) <= sameDirection) continue;
        near.offer(other, distance);
      }
      for (const { index } of near.found) {
        if (index >= from) exact.set(index, exactTo(query, index));
      }
      // Long for a large reference: progress bars and signals get their turn.
      if (at % 64 === 63) await turn((from + (at / searches.length) * (until - from)) / rows);
    }
  }
  const neighbours = new Map<number, readonly Neighbour[]>();
  for (const { row, near, exact } of searches) {
    const nearest = new NearestSoFar(k);
    // By row, so that of equal ones the lower comes first.
    for (const { index } of near.found.toSorted((a, b) => a.index - b.index)) {
      nearest.offer(index, exact.get(index) ?? Infinity);
    }
    if (nearest.found.length > 0) neighbours.set(row, nearest.found);
  }
  return neighbours;
}

function evenlySpread(rows: number, most: number): number[] {
  const count = Math.min(rows, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
}
