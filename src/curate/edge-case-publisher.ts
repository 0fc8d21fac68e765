import type { CuratedSet } from './curated-set.js';

/**
 * Tells retraining jobs of a curated set: one record per item on `curated.edge-cases`, keyed by
 * version and task, so that a repeated publication compacts to the same records. Resolves once
 * all are acknowledged; throws `kafka.unavailable`, and the caller retries. Repeatable.
 */
export interface EdgeCasePublisher {
  publish(set: CuratedSet): Promise<number>;
  close(): Promise<void>;
}
