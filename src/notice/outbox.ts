import type { DeliveryId } from '../ids.js';
import type { Message } from './notice.js';

/**
 * Messages that wait to be delivered. They are written by the store itself, in the transaction
 * that makes what they tell of: none is lost by a crash, and none tells of what did not happen.
 * Obligations:
 *
 * - A message is claimed by one worker at a time, however many ask at once. Once its lease has
 *   ended it may be claimed anew, under a higher fence; what the older claim says then changes
 *   nothing (`lost`).
 * - A message that is delivered is gone; one that is buried stays until it is revived or removed.
 * - Every method returns after the store has acknowledged durably, and throws `store.unavailable`
 *   when it can't; the caller may repeat it.
 * - Time is the caller's: milliseconds since 1970-01-01 UTC.
 */
export interface Outbox {
  /** Up to `limit` messages that are due, the longest due first, leased until `until`. */
  claim(request: ClaimRequest, now: number): Promise<readonly ClaimedMessage[]>;
  delivered(claim: MessageClaim): Promise<ClaimEnd>;
  /** To be tried again from `retryAt` on. */
  failed(claim: MessageClaim, why: string, retryAt: number): Promise<ClaimEnd>;
  /** Not to be tried again by itself. */
  bury(claim: MessageClaim, why: string, now: number): Promise<ClaimEnd>;
  /** Those that were buried, the latest first; 1000 at most. */
  dead(filter: MessageFilter): Promise<readonly DeadMessage[]>;
  /** Makes buried messages due now, as if they had never been tried; returns how many. */
  revive(filter: MessageFilter, now: number): Promise<number>;
  /** One entry for each endpoint that has messages, by its name. */
  standing(): Promise<readonly EndpointStanding[]>;
  close(): Promise<void>;
}

export interface ClaimRequest {
  /** 1 or more. */
  readonly limit: number;
  /** When the lease ends. */
  readonly until: number;
}

export interface MessageClaim {
  readonly id: DeliveryId;
  readonly fence: number;
}

export interface ClaimedMessage extends Message, MessageClaim {
  /** Tries that were recorded as failed. */
  readonly failures: number;
}

/** `lost`: the message was claimed anew since, revived, or is gone. Nothing was changed. */
export type ClaimEnd = 'done' | 'lost';

/** All that is named must hold. */
export interface MessageFilter {
  readonly endpoint?: string;
  readonly ids?: readonly DeliveryId[];
}

export interface DeadMessage extends Omit<Message, 'body'> {
  readonly failures: number;
  /** What the last try came to. */
  readonly why: string;
  readonly buriedAt: number;
}

export interface EndpointStanding {
  readonly endpoint: string;
  /** To be delivered yet, now or later. */
  readonly waiting: number;
  readonly dead: number;
  /** When the oldest that waits happened. */
  readonly oldestAt: number | undefined;
}
