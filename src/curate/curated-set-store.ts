import type { CuratedSetVersion } from '../ids.js';
import type { CuratedSet } from './curated-set.js';

/**
 * Curated sets, for good. Obligations:
 *
 * - `publish` is idempotent: a version that is there stays as it was, and it answers `known`.
 *   It returns once the whole set is durable; a reader never sees half a set.
 * - `find` verifies the version against the content.
 * - The composition closes it.
 */
export interface CuratedSetStore {
  publish(set: CuratedSet): Promise<'published' | 'known'>;
  find(version: CuratedSetVersion): Promise<CuratedSet | undefined>;
  /** Newest first, without items. */
  list(): Promise<readonly CuratedSetSummary[]>;
  close(): Promise<void>;
}

export interface CuratedSetSummary {
  readonly version: CuratedSetVersion;
  readonly name: string;
  readonly createdAt: number;
  readonly items: number;
}
