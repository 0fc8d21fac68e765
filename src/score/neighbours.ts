/** Finds the nearest reference pictures of an embedding. Pure; safe to share. */
export interface NeighbourIndex {
  /** Number of reference pictures. */
  readonly size: number;
  /** Length of an embedding. */
  readonly dimensions: number;
  /**
   * The k nearest by cosine distance, nearest first; fewer if the reference is smaller.
   * `embedding` need not be normalised; it has `dimensions` values.
   */
  nearest(embedding: Float32Array, k: number): readonly Neighbour[];
}

export interface Neighbour {
  /** Row in the reference. */
  readonly index: number;
  /** 1 - cosine similarity: 0 (same direction) to 2 (opposite). */
  readonly distance: number;
}
