import type { EmbeddingMatrix } from './embedding-matrix.js';

/**
 * Finds the nearest reference pictures of an embedding. Obligations:
 *
 * - The same embedding has the same neighbours, whatever else is asked at the same time; their
 *   distances agree to single precision.
 * - Safe to call concurrently; the calling thread is not held up for long.
 * - Who opened it closes it; close() is idempotent, and what is still asked rejects.
 */
export interface NeighbourIndex {
  /** Number of reference pictures. */
  readonly size: number;
  /** Length of an embedding. */
  readonly dimensions: number;
  /**
   * The k nearest by cosine distance, nearest first, of equal ones the lower row first; fewer if
   * the reference is smaller. `embedding` need not be normalised. Rejects with `input.invalid`
   * where it hasn't `dimensions` values, and with `model.unavailable` (try again).
   */
  nearest(embedding: Float32Array, k: number): Promise<readonly Neighbour[]>;
  close(): Promise<void>;
}

/** Makes an index of a reference's embeddings, which it may copy. */
export type OpenNeighbours = (matrix: EmbeddingMatrix) => Promise<NeighbourIndex>;

export interface LabelledNeighbour extends Neighbour {
  /** The reference picture's class, where a person named one. */
  readonly label?: string | undefined;
}

export interface Neighbour {
  /** Row in the reference. */
  readonly index: number;
  /** 1 - cosine similarity: 0 (same direction) to 2 (opposite). */
  readonly distance: number;
}
