import type { EmbeddingMatrix } from '../embedding-matrix.js';
import type { Neighbour, NeighbourIndex } from '../neighbours.js';
import { detect } from './detectors.js';
import type { Detected, Detectors } from './detectors.js';
import { meanDistance } from './embedding-distance.js';

/**
 * A neighbour index that runs a reference's novelty methods on the same embedding, where it is
 * anyway. Obligations besides those of NeighbourIndex:
 *
 * - What `look` finds is what `nearest` finds, and what it detects is what `detect` makes of the
 *   embedding and its mean distance to those neighbours, to single precision.
 * - Answers may be kept: they are not overwritten.
 */
export interface NoveltyIndex extends NeighbourIndex {
  /** `logits` are those of the network that embedded, or undefined. Rejects as `nearest` does. */
  look(embedding: Float32Array, logits: Float32Array | undefined, k: number): Promise<Surroundings>;
}

/** What a reference says of one embedding. */
export interface Surroundings {
  /** Nearest first. */
  readonly neighbours: readonly Neighbour[];
  /** Undefined where the reference has no detectors, or no neighbour was asked for. */
  readonly detected: Detected | undefined;
}

/** Makes an index of a reference's embeddings and detectors, which it may copy. */
export type OpenNoveltyIndex = (
  matrix: EmbeddingMatrix,
  detectors: Detectors | undefined,
) => Promise<NoveltyIndex>;

/** Runs the methods on the calling thread: about 0.05 ms an embedding. */
export function detectingIndex(
  index: NeighbourIndex,
  detectors: Detectors | undefined,
): NoveltyIndex {
  return {
    size: index.size,
    dimensions: index.dimensions,
    nearest: (embedding, k) => index.nearest(embedding, k),
    async look(embedding, logits, k) {
      const neighbours = await index.nearest(embedding, k);
      const canDetect = detectors !== undefined && neighbours.length > 0;
      return {
        neighbours,
        detected: canDetect
          ? detect(detectors, embedding, logits, meanDistance(neighbours))
          : undefined,
      };
    },
    close: () => index.close(),
  };
}
