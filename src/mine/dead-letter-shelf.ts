import type { Origin, RawRecord } from '../event/event-source.js';

/**
 * The dead letters that were kept, to be looked at and replayed. Obligations:
 *
 * - `letters` gives those that there are when it is asked, each partition's in their order, and
 *   changes nothing: no consumer group of others, no offsets.
 * - Memory stays flat, however many letters there are.
 * - What was replayed is remembered where the letters are, so that the next one knows.
 * - An unreachable place is a retriable fault; nobody retries here. The composition closes it.
 */
export interface DeadLetterShelf {
  letters(): AsyncIterable<StoredLetter>;
  /** Remembers that these were replayed; resolves once that is durable. Safe to repeat. */
  markReplayed(letters: readonly StoredLetter[]): Promise<void>;
  close(): Promise<void>;
}

export interface StoredLetter {
  /** Where the letter itself lies. */
  readonly position: { readonly partition: number; readonly offset: string };
  /** When it was written, milliseconds since 1970-01-01 UTC; undefined where that isn't kept. */
  readonly writtenAt: number | undefined;
  /** Where its record came from. */
  readonly origin: Origin;
  readonly code: string;
  readonly message: string;
  readonly field: string | undefined;
  readonly attempts: number;
  /** The record as it came; undefined where the input has no bytes (a picture of a directory). */
  readonly raw: RawRecord | undefined;
  /** Size of a value that was too large to be kept; the record may still be at its origin. */
  readonly omittedBytes: number | undefined;
  /** How often the record had been replayed when it became this letter. */
  readonly replays: number;
  /** Whether the letter was replayed since. */
  readonly replayed: boolean;
}

/** The header that a replayed record carries: how often it was. */
export const replaysHeader = 'edgeminer.replays';
/** And this one: which letter it was last, PARTITION:OFFSET. */
export const replayOfHeader = 'edgeminer.replay-of';

export interface LetterFilter {
  /** Any of these; all where there is none. */
  readonly codes: ReadonlySet<string>;
  readonly since: number | undefined;
  readonly until: number | undefined;
  /** Of the letters themselves, both ends included; by partition. Empty: all. */
  readonly offsets: readonly {
    readonly partition: number;
    readonly from: bigint;
    readonly to: bigint;
  }[];
}

export function matches(letter: StoredLetter, filter: LetterFilter): boolean {
  const { codes, since, until, offsets } = filter;
  if (codes.size > 0 && !codes.has(letter.code)) return false;
  const at = letter.writtenAt;
  if (since !== undefined && (at === undefined || at < since)) return false;
  if (until !== undefined && (at === undefined || at >= until)) return false;
  if (offsets.length === 0) return true;
  const offset = BigInt(letter.position.offset);
  return offsets.some(
    ({ partition, from, to }) =>
      partition === letter.position.partition && offset >= from && offset <= to,
  );
}
