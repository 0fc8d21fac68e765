import { EdgeminerError } from '../faults.js';
import type { Neighbour, NeighbourIndex } from './neighbours.js';
import type { EmbeddingMatrix } from './embedding-matrix.js';

/**
 * Nearest neighbours in the plainest way, by comparing with every row on the calling thread:
 * what every other index is held against. Takes about two microseconds per row of 1280 values,
 * and a copy of the matrix. A row or query without direction (all zeros) is at distance 1 from
 * everything.
 */
export function exactNeighbours(matrix: EmbeddingMatrix): NeighbourIndex {
  const { rows, dimensions } = matrix;
  const unit = normalisedRows(matrix);
  return {
    size: rows,
    dimensions,
    async nearest(embedding, k) {
      checkLength(embedding, dimensions);
      const query = normalisedRows({ rows: 1, dimensions, values: embedding });
      const nearest = new NearestSoFar(Math.min(k, rows));
      for (let row = 0; row < rows; row += 1) {
        nearest.offer(row, cosineDistance(unit, row * dimensions, query, 0, dimensions));
      }
      return nearest.found;
    },
    async close() {
      // Nothing is held.
    },
  };
}

/** A copy with every row scaled to length 1; a row without direction stays zeros. */
export function normalisedRows({ rows, dimensions, values }: EmbeddingMatrix): Float32Array {
  const unit = new Float32Array(rows * dimensions);
  for (let row = 0; row < rows; row += 1) {
    const start = row * dimensions;
    let squares = 0;
    for (let at = start; at < start + dimensions; at += 1) squares += (values[at] ?? 0) ** 2;
    const scale = squares > 0 && Number.isFinite(squares) ? 1 / Math.sqrt(squares) : 0;
    if (scale === 0) continue;
    for (let at = start; at < start + dimensions; at += 1) unit[at] = (values[at] ?? 0) * scale;
  }
  return unit;
}

/** 1 - dot product of two rows of length 1, kept within 0..2 against rounding. */
export function cosineDistance(
  a: Float32Array,
  aStart: number,
  b: Float32Array,
  bStart: number,
  dimensions: number,
): number {
  // Four sums, so that an addition need not wait for the one before it.
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let i = 0;
  for (const whole = dimensions - 3; i < whole; i += 4) {
    const p = aStart + i;
    const q = bStart + i;
    sum0 += (a[p] ?? 0) * (b[q] ?? 0);
    sum1 += (a[p + 1] ?? 0) * (b[q + 1] ?? 0);
    sum2 += (a[p + 2] ?? 0) * (b[q + 2] ?? 0);
    sum3 += (a[p + 3] ?? 0) * (b[q + 3] ?? 0);
  }
  for (; i < dimensions; i += 1) sum0 += (a[aStart + i] ?? 0) * (b[bStart + i] ?? 0);
  return distanceOfProduct(sum0 + sum1 + (sum2 + sum3));
}

/** Cosine distance of two rows of length 1, by their product; within 0..2 against rounding. */
export function distanceOfProduct(product: number): number {
  return Math.min(2, Math.max(0, 1 - product));
}

/** The k nearest of what was offered, nearest first; of two at one distance, the first offered. */
export class NearestSoFar {
  readonly found: Neighbour[] = [];
  readonly #k: number;
  #worst = Infinity;

  constructor(k: number) {
    this.#k = k;
    if (k < 1) this.#worst = -Infinity;
  }

  /** Whether one at this distance would be among them. */
  takes(distance: number): boolean {
    return distance < this.#worst;
  }

  offer(index: number, distance: number): void {
    if (!this.takes(distance)) return;
    let place = this.found.length;
    while (place > 0 && (this.found[place - 1]?.distance ?? 0) > distance) place -= 1;
    this.found.splice(place, 0, { index, distance });
    if (this.found.length > this.#k) this.found.pop();
    if (this.found.length === this.#k) this.#worst = this.found.at(-1)?.distance ?? Infinity;
  }
}

/** Throws `input.invalid` for an embedding of another length. */
export function checkLength(embedding: Float32Array, dimensions: number): void {
  if (embedding.length === dimensions) return;
  throw new EdgeminerError(
    'input.invalid',
    `the embedding has ${embedding.length} values; the reference's have ${dimensions}`,
    {
      field: 'embedding',
      mend: 'Send embeddings of the network that the reference was built with.',
    },
  );
}
