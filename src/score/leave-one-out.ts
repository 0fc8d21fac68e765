import { cosineDistance, NearestSoFar, normalisedRows } from './exact-neighbours.js';
import type { EmbeddingMatrix } from './embedding-matrix.js';
import { pickFrom, readRows } from './embedding-rows.js';
import type { EmbeddingRows } from './embedding-rows.js';
import type { Neighbour, OpenNeighbours } from './neighbours.js';

/**
 * Rows that are measured at most. Every one is compared with the whole matrix, so the cost is
 * this times the rows; 2,000 measurements place a quantile of 1 % to within 0.2 points.
 */
const maxMeasuredRows = 2000;

/** Two embeddings this close are one picture twice, whatever their files say. */
const sameDirection = 1e-6;

/** Rows that are in memory at once: 21 MB of 1,280 dimensions. */
const rowsAtOnce = 4096;

/** Comparisons of a part from which an index is worth opening: a quarter of a second's. */
const indexFrom = 250_000;
/** How many more than it needs are asked of an index, for its rounding and for copies. */
const spare = 8;
/** Queries that an index is asked at once. */
const asked = 64;

export interface LeaveOneOut {
  /** Beyond 2,000 rows, unless told: evenly spread. */
  readonly chosen?: readonly number[];
  /** What compares large parts; unless given, they are compared one by one. */
  readonly openNeighbours?: OpenNeighbours | undefined;
  /** Awaited in between, with the share that is done, 0..1; may throw to end it. */
  readonly turn?: (done: number) => Promise<void>;
}

/**
 * Each row's k nearest among the others, as a fresh picture's are found among all; by row, only
 * those that were chosen and that have any. Distances are exact.
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
  const { rows } = source;
  const {
    chosen = evenlySpread(rows, maxMeasuredRows),
    turn = () => new Promise((resolve) => setImmediate(resolve)),
  } = options;
  const queries = await pickFrom(source, chosen);
  const search: Search = {
    k,
    chosen,
    unit: normalisedRows(queries),
    queries,
    nearest: chosen.map(() => new NearestSoFar(k)),
  };
  for (let from = 0; from < rows; from += rowsAtOnce) {
    const part = await readRows(source, from, Math.min(rows, from + rowsAtOnce));
    const within = (done: number) => turn((from + done * part.rows) / rows);
    const { openNeighbours } = options;
    if (openNeighbours === undefined || part.rows * chosen.length < indexFrom)
      await compareAll(search, part, from, within);
    else await compareByIndex(search, part, from, openNeighbours, within);
  }
  const neighbours = new Map<number, readonly Neighbour[]>();
  for (const [at, row] of chosen.entries()) {
    const found = search.nearest[at]?.found ?? [];
    if (found.length > 0) neighbours.set(row, found);
  }
  return neighbours;
}

interface Search {
  readonly k: number;
  /** The row of each query. */
  readonly chosen: readonly number[];
  readonly queries: EmbeddingMatrix;
  /** The same, of length 1. */
  readonly unit: Float32Array;
  readonly nearest: readonly NearestSoFar[];
}

/** One after another, on the calling thread. */
async function compareAll(
  { chosen, unit: own, nearest }: Search,
  part: EmbeddingMatrix,
  first: number,
  within: (done: number) => Promise<void>,
): Promise<void> {
  const { dimensions } = part;
  const unit = normalisedRows(part);
  for (const [at, row] of chosen.entries()) {
    for (let other = 0; other < part.rows; other += 1) {
      if (first + other === row) continue;
      const distance = cosineDistance(own, at * dimensions, unit, other * dimensions, dimensions);
      if (distance > sameDirection) nearest[at]?.offer(first + other, distance);
    }
    // Long for a large reference: progress bars and signals get their turn.
    if (at % 16 === 15) await within(at / chosen.length);
  }
}

/** An index says which rows are near; how near they are is measured as without one. */
async function compareByIndex(
  search: Search,
  part: EmbeddingMatrix,
  first: number,
  openNeighbours: OpenNeighbours,
  within: (done: number) => Promise<void>,
): Promise<void> {
  const { k, chosen, queries } = search;
  const { dimensions } = part;
  const unit = normalisedRows(part);
  const index = await openNeighbours(part);

  async function compare(at: number): Promise<void> {
    const query = queries.values.subarray(at * dimensions, (at + 1) * dimensions);
    for (let most = k + spare; ; most *= 4) {
      const near = await index.nearest(query, most);
      const others: Neighbour[] = [];
      // By row, so that of equal ones the lower comes first.
      for (const { index: row } of near.toSorted((a, b) => a.index - b.index)) {
        if (first + row === chosen[at]) continue;
        const start = at * dimensions;
        const distance = cosineDistance(search.unit, start, unit, row * dimensions, dimensions);
        if (distance > sameDirection) others.push({ index: first + row, distance });
      }
      // Where it has very many copies, they may have taken all places.
      if (others.length < k && near.length < part.rows) continue;
      for (const { index: row, distance } of others) search.nearest[at]?.offer(row, distance);
      return;
    }
  }

  try {
    for (let start = 0; start < chosen.length; start += asked) {
      const count = Math.min(asked, chosen.length - start);
      await Promise.all(Array.from({ length: count }, (_, at) => compare(start + at)));
      await within(start / chosen.length);
    }
  } finally {
    await index.close();
  }
}

function evenlySpread(rows: number, most: number): number[] {
  const count = Math.min(rows, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count));
}
