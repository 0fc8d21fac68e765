export interface EmbeddingMatrix {
  readonly rows: number;
  readonly dimensions: number;
  readonly values: Float32Array;
}
