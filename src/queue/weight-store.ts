import type { Weights } from './weights.js';

/**
 * Keeps what annotators are worth, one entry per label set. Durable when it returns; throws
 * `store.unavailable` alone.
 */
export interface WeightStore {
  /** Takes the place of what was kept of the same label set. */
  publish(weights: Weights): Promise<void>;
  /** Ordered by label set. */
  latest(): Promise<readonly Weights[]>;
}
