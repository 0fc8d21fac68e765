export interface EmbeddingMatrix {
  readonly rows: number;
  readonly dimensions: number;
  readonly values: Float32Array;
}

/** One row, as a view of the matrix. */
export function rowOf({ dimensions, values }: EmbeddingMatrix, row: number): Float32Array {
  return values.subarray(row * dimensions, (row + 1) * dimensions);
}
