import type { Origin, RawRecord } from '../event/event-source.js';
import type { EdgeminerError } from '../faults.js';

/**
 * Where records go that can't be processed. Obligations: `send` resolves once the letter is
 * durable, only then is the record acknowledged; it throws a retriable error while it can't,
 * and the caller waits. The same record may be sent twice (after a crash between the two).
 */
export interface DeadLetters {
  send(letter: DeadLetter): Promise<void>;
  close(): Promise<void>;
}

export interface DeadLetter {
  readonly origin: Origin;
  /** The original record; undefined where the input has no bytes (a picture's path). */
  readonly raw: RawRecord | undefined;
  readonly fault: EdgeminerError;
  /** Tries made before giving up; 1 or more. */
  readonly attempts: number;
}
