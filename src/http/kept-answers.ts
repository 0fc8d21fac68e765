/**
 * Answers to requests that came with an Idempotency-Key, so that a request which is sent again
 * is answered again and not done again. Obligations:
 *
 * - Of all that begin the same key at once, in any process, one gets `yours` until it ends; the
 *   others are told that it is `running`. One that began and never ended (its process died) is
 *   taken over by the first to ask after `runsUntil`.
 * - `seed` is the same for every try of a key, so that what a try did before it died can be found.
 * - A key is forgotten at `expiresAt`. Time is the caller's, in milliseconds since 1970-01-01 UTC.
 * - Every method is durable when it returns, and throws `store.unavailable` when it can't be.
 * - The composition closes it.
 */
export interface KeptAnswers {
  begin(request: KeyedRequest, now: number): Promise<Begun>;
  /** Does nothing where another try has taken the key over. */
  end(owner: KeyOwner, outcome: KeyedOutcome): Promise<void>;
  close(): Promise<void>;
}

export interface KeyedRequest {
  /** Of who sent it and the key that they chose; lower-case hex sha256. */
  readonly key: string;
  /** Of method, path and body; lower-case hex sha256. */
  readonly fingerprint: string;
  /** Made by the caller, for the case that this try is the first. */
  readonly seed: string;
  /** Names this try; made by the caller, never twice. */
  readonly attempt: string;
  readonly runsUntil: number;
  readonly expiresAt: number;
}

export type Begun =
  | { readonly kind: 'yours'; readonly seed: string }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'running' }
  /** The key came with another request before. */
  | { readonly kind: 'other-request' };

export type KeyOwner = Pick<KeyedRequest, 'key' | 'attempt'>;

export type KeyedOutcome =
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  /** It may have been done in part: the next try gets the same seed. */
  | { readonly kind: 'failed' }
  /** Nothing was done: the key is as if it had never been used. */
  | { readonly kind: 'refused' };

export interface KeptAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}
