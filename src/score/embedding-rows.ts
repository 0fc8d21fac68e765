import type { EmbeddingMatrix } from './embedding-matrix.js';
import { float32ForNpy } from './npy.js';

/** Embeddings that may lie elsewhere than in memory, to be read some rows at a time. */
export interface EmbeddingRows {
  readonly rows: number;
  readonly dimensions: number;
  /** Copies the rows from `from` up to and without `until` to the start of `to`. */
  readInto(to: Float32Array, from: number, until: number): Promise<void>;
}

/** Rows that are read at once: 5 MB of 1,280 dimensions. */
const rowsAtOnce = 1024;

export async function readRows(
  source: EmbeddingRows,
  from: number,
  until: number,
): Promise<EmbeddingMatrix> {
  const { dimensions } = source;
  const values = new Float32Array((until - from) * dimensions);
  await source.readInto(values, from, until);
  return { rows: until - from, dimensions, values };
}

/** Some rows, in the order that is asked for. */
export async function pickFrom(
  source: EmbeddingRows,
  rows: readonly number[],
): Promise<EmbeddingMatrix> {
  const { dimensions } = source;
  const values = new Float32Array(rows.length * dimensions);
  for (const [at, row] of rows.entries()) {
    await source.readInto(values.subarray(at * dimensions, (at + 1) * dimensions), row, row + 1);
  }
  return { rows: rows.length, dimensions, values };
}

/** All rows, once in memory, ready to be written as a file without a copy. */
export async function matrixOf(source: EmbeddingRows): Promise<EmbeddingMatrix> {
  const { rows, dimensions } = source;
  const values = float32ForNpy([rows, dimensions]);
  for (let from = 0; from < rows; from += rowsAtOnce) {
    const until = Math.min(rows, from + rowsAtOnce);
    await source.readInto(values.subarray(from * dimensions, until * dimensions), from, until);
  }
  return { rows, dimensions, values };
}
