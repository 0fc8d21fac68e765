import type { LabelSet } from './label.js';
import { labelSetFromText, labelSetText } from './label-set.js';

/**
 * Every version of a label set that labels were validated against, so that a label can be read by
 * what was asked for when it was made, and that no version ever means two things. Obligations:
 *
 * - Every method returns after the store has acknowledged durably, and throws
 *   `store.unavailable` when it can't; the caller retries, for every method is safe to repeat.
 * - What was recorded is never changed or removed, and comes back the same (`sameLabelSet`).
 * - Of several callers that record the same version at once, one records it, and the others are
 *   told how theirs compares to that.
 */
export interface LabelSetStore {
  /** Remembers a version that is not known yet. `now` is milliseconds since 1970-01-01 UTC. */
  record(labelSet: LabelSet, now: number): Promise<LabelSetRecord>;
  find(name: string, version: number): Promise<LabelSet | undefined>;
  /** Of one name, or of all; by name, and the newest version of each first. */
  list(name?: string): Promise<readonly RecordedLabelSet[]>;
  close(): Promise<void>;
}

export type LabelSetRecord =
  | { readonly kind: 'recorded' }
  | { readonly kind: 'known' }
  /** The same version was recorded with another content. Nothing was changed. */
  | { readonly kind: 'differs'; readonly recorded: LabelSet };

/** How what somebody records compares to what is there, as `labelSetText` has it. */
export function recordAgainst(labelSet: LabelSet, recorded: string): LabelSetRecord {
  return labelSetText(labelSet) === recorded
    ? { kind: 'known' }
    : { kind: 'differs', recorded: labelSetFromText(recorded) };
}

export interface RecordedLabelSet {
  readonly labelSet: LabelSet;
  /** When it was seen first. Milliseconds since 1970-01-01 UTC. */
  readonly recordedAt: number;
}
