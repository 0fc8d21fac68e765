import { setTimeout as delay } from 'node:timers/promises';
import { isEdgeminerError } from '../faults.js';
import type { ClaimedMessage, ClaimEnd, Outbox } from './outbox.js';
import { nextTry } from './retry-delay.js';
import { signatureOf } from './signature.js';

/** Where messages go, and what they are signed with. */
export interface Endpoint {
  readonly name: string;
  readonly url: string;
  /** One, or two while they change. */
  readonly secrets: readonly string[];
}

export interface Request {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** What `Retry-After` asked for; milliseconds from now, 0 or more. */
      readonly retryAfter?: number | undefined;
    }
  /** No answer: no connection, no time left, an address that is not allowed. */
  | { readonly kind: 'failed'; readonly why: string };

/**
 * Sends one request. Obligations: no redirect is followed, no more of the answer is read than
 * tells its status, no inner address is connected to unless the operator allowed it, and it ends
 * within ten seconds. Does not throw for what the other side does. The composition closes it.
 */
export interface Sender {
  post(request: Request): Promise<Answer>;
  close(): Promise<void>;
}

export type DeliveryOutcome = 'delivered' | 'failed' | 'dead' | 'lost';

export interface DeliveryDeps {
  readonly outbox: Pick<Outbox, 'claim' | 'delivered' | 'failed' | 'bury'>;
  readonly sender: Pick<Sender, 'post'>;
  readonly endpoints: readonly Endpoint[];
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly observe: (endpoint: string, outcome: DeliveryOutcome) => void;
}

/** Messages in one claim, all sent at once. */
const atOnce = 16;
/** A try ends within ten seconds; what is held longer belongs to a worker that died. */
const leaseMs = 60_000;
/** Between two looks at an outbox in which nothing is due. */
const restMs = 1000;

/** Delivers what is due now, once each; says what became of how many. */
export async function deliverDue(
  deps: DeliveryDeps,
  signal: AbortSignal,
): Promise<Record<DeliveryOutcome, number>> {
  const counts = { delivered: 0, failed: 0, dead: 0, lost: 0 };
  while (!signal.aborted) {
    const now = deps.now();
    const claimed = await deps.outbox.claim({ limit: atOnce, until: now + leaseMs }, now);
    const outcomes = await Promise.all(claimed.map((one) => deliver(one, deps)));
    for (const outcome of outcomes) counts[outcome] += 1;
    if (claimed.length < atOnce) break;
  }
  return counts;
}

/**
 * Delivers until the signal aborts; what is under way then is sent to its end. While the store is
 * away it goes on asking.
 */
export async function keepDelivering(
  deps: DeliveryDeps,
  signal: AbortSignal,
  onFault: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await deliverDue(deps, signal);
    } catch (error) {
      if (!isEdgeminerError(error) || !error.retriable) throw error;
      onFault(error);
    }
    await delay(restMs, undefined, { signal }).catch(() => undefined);
  }
}

async function deliver(message: ClaimedMessage, deps: DeliveryDeps): Promise<DeliveryOutcome> {
  const outcome = await tryOnce(message, deps);
  deps.observe(message.endpoint, outcome);
  return outcome;
}

async function tryOnce(
  message: ClaimedMessage,
  { outbox, sender, endpoints, now, random }: DeliveryDeps,
): Promise<DeliveryOutcome> {
  const endpoint = endpoints.find(({ name }) => name === message.endpoint);
  const unlessLost = (end: ClaimEnd, outcome: DeliveryOutcome) => (end === 'lost' ? end : outcome);
  const bury = async (why: string) => unlessLost(await outbox.bury(message, why, now()), 'dead');
  if (endpoint === undefined) return bury('no endpoint of this name is configured');
  const answer = await sender.post(requestTo(endpoint, message, now()));
  if (answer.kind === 'answered' && answer.status >= 200 && answer.status <= 299) {
    return unlessLost(await outbox.delivered(message), 'delivered');
  }
  const why = answer.kind === 'failed' ? answer.why : `answered ${answer.status}`;
  if (answer.kind === 'answered' && answer.status === 410) {
    return bury('answered 410: the endpoint wants no more of it');
  }
  const asked =
    answer.kind === 'answered' && (answer.status === 429 || answer.status === 503)
      ? answer.retryAfter
      : undefined;
  const next = nextTry(message.failures + 1, random(), asked);
  if (next.kind === 'give-up') return bury(`all tries failed; the last: ${why}`);
  return unlessLost(await outbox.failed(message, why, now() + next.after), 'failed');
}

/** What is sent, and what `webhooks test` sends. */
export function requestTo(
  { url, secrets }: Endpoint,
  { id, event, body }: { readonly id: string; readonly event: string; readonly body: string },
  now: number,
): Request {
  return {
    url,
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'edgeminer',
      'edgeminer-event': event,
      'edgeminer-delivery': id,
      'edgeminer-signature': signatureOf(body, secrets, now),
    },
  };
}
