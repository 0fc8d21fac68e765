import type { EdgeminerError } from '../faults.js';
import type { EventId } from '../ids.js';
import type { Mined } from './pipeline.js';

/**
 * Takes events that production systems push. They must never be slowed or broken by it, so:
 *
 * - What is worked on at once is bounded, in number and in bytes. Beyond that, and while
 *   something it depends on is away, it answers `busy` at once, rather than wait or pile up.
 * - It resolves once the event is durable: acknowledged by Kafka, or mined and stored. An event
 *   that was `accepted` is not lost by a crash.
 * - What is wrong with the event itself is `rejected`; the same bytes are rejected again.
 * - Accepting the same event twice makes one task.
 * - Safe to call concurrently. It takes `body` over: the caller doesn't change it afterwards.
 *   The composition closes it: close() is idempotent, and waits for what was taken in.
 */
export interface EventIntake {
  /** `body` is the v1 JSON event, as UTF-8. */
  accept(body: Uint8Array): Promise<IntakeOutcome>;
  close(): Promise<void>;
}

export type IntakeOutcome =
  | {
      readonly kind: 'accepted';
      readonly eventId: EventId;
      /** What was decided; undefined where the event was handed on to be mined later. */
      readonly mined: Mined | undefined;
    }
  | { readonly kind: 'rejected'; readonly fault: EdgeminerError }
  | { readonly kind: 'busy' };
