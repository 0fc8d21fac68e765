import type { EdgeminerError } from '../faults.js';
import type { InferenceEvent } from './inference-event.js';

/**
 * Where events come from. Obligations:
 *
 * - Deliveries of one stream (a partition, a file) come in that stream's order.
 * - At least once: a delivery that was not acknowledged when the process ended comes again,
 *   from sources that can (Kafka). The source commits only the contiguous prefix of
 *   acknowledged deliveries; acknowledgements may come in any order.
 * - Backpressure: the source reads ahead no further than its own limit while the consumer of
 *   the iterable does not ask for more.
 * - Infrastructure errors inside the source are waited out there, with backoff, and never end
 *   the iteration; setup errors (no such directory, no such topic) are thrown from it.
 * - The iterable ends when a finite input is at its end, or soon after `signal` aborts.
 *   Deliveries still out when it ends may be acknowledged until `close`.
 * - Whoever opened the source closes it, once every delivery that it wants committed is
 *   acknowledged. close() is idempotent and waits for the commit.
 */
export interface EventSource {
  deliveries(signal: AbortSignal): AsyncIterable<Delivery>;
  /** How far behind the source is, now, for metrics and liveness; empty for a finite input. */
  backlog(): readonly Backlog[];
  close(): Promise<void>;
}

/** What is left of one stream of a source that never ends. */
export interface Backlog {
  readonly stream: string;
  readonly partition: number;
  /** Records before the end as it was last seen that are not settled; 0 or more. */
  readonly lag: number;
  /** How long the oldest record that was delivered has not been settled; 0 where none is out. */
  readonly oldestMs: number;
}

/** One record of the input, not yet decoded. */
export interface Delivery {
  readonly origin: Origin;
  /** The record as it came, for the dead letters; undefined where there are no bytes. */
  readonly raw: RawRecord | undefined;
  /** When it was written, milliseconds since 1970-01-01 UTC, where the source knows. */
  readonly writtenAt?: number;
  /**
   * True once the record is no longer this worker's (its partition was revoked). Results are
   * still harmless, for the store is idempotent, but starting new work on it is a waste.
   */
  readonly revoked: boolean;
  /**
   * Decodes and validates the record. What is wrong with the record itself is an `unreadable`
   * reading; what is wrong around it (registry away) is thrown as a retriable EdgeminerError,
   * and the caller tries again.
   */
  read(): Promise<Reading>;
  /** Says that the record is dealt with: stored, dismissed or dead-lettered. Idempotent. */
  acknowledge(): void;
}

export type Reading =
  | { readonly kind: 'event'; readonly event: InferenceEvent }
  | { readonly kind: 'unreadable'; readonly fault: EdgeminerError };

/** Where a record stood: topic, partition and offset, or a file and its line or position. */
export interface Origin {
  /** Topic, file path, directory, or `http` for ingested events. */
  readonly stream: string;
  readonly partition: number;
  /** Kafka offset; line (from 0) of a file; index of a picture in its directory. */
  readonly offset: string;
}

export interface RawRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array>>;
}
