import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { Agent } from 'undici';
import { isEdgeminerError, messageOf } from '../../faults.js';
import type { Answer, Sender } from '../../notice/deliver.js';
import { addressGuard } from './address-guard.js';
import type { AddressGuard } from './address-guard.js';
import { guardedConnect, portOf } from './guarded-connect.js';

export interface WebhookSenderOptions {
  /** Origins that may lie at inner addresses (loopback, private); see docs/webhooks.md. */
  readonly allowOrigins: readonly string[];
  /** For a whole try. Milliseconds; ten seconds unless told. */
  readonly timeoutMs?: number;
  /** Resolves names; the system's unless told. */
  readonly lookup?: LookupFunction;
}

export interface WebhookSender extends Sender {
  /** Connects and sends nothing. What stands in the way, or undefined. */
  probe(url: string, signal: AbortSignal): Promise<string | undefined>;
}

/** Of an answer, read so that the connection can be used again; more closes it. Bytes. */
const bodyLimit = 16_384;
/** What `isInnerName` of address-guard.ts takes for a public name. */
const anyPublicName = 'public.invalid';

/** No redirects, no cookies, no proxy; the address that is connected to is checked. */
export function openWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const { allowOrigins, timeoutMs = 10_000 } = options;
  const guard = strictGuard(allowOrigins);
  const connect = guardedConnect(guard, { timeoutMs, lookup: options.lookup });
  const agent = new Agent({
    connect,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  let closing: Promise<void> | undefined;

  /** An address that is written in the URL is looked up nowhere. */
  function refusedAddress({ hostname, port, protocol }: URL): string | undefined {
    const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
    if (isIP(host) === 0 || guard.allows(host, portOf({ port, protocol }), host)) return undefined;
    return inner;
  }

  return {
    async post({ url, headers, body }) {
      const { origin, pathname, search } = new URL(url);
      const refused = refusedAddress(new URL(url));
      if (refused !== undefined) return { kind: 'failed', why: refused };
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const path = `${pathname}${search}`;
        const answer = await agent.request({ origin, path, method: 'POST', headers, body, signal });
        const { statusCode, headers: received } = answer;
        // The status says it all; what goes wrong with the rest changes nothing.
        await answer.body.dump({ limit: bodyLimit, signal }).catch(() => undefined);
        return answered(statusCode, received['retry-after']);
      } catch (error) {
        const why = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(error);
        return { kind: 'failed', why };
      }
    },

    async probe(url, signal) {
      const { hostname, port, protocol, host } = new URL(url);
      const refused = refusedAddress(new URL(url));
      if (refused !== undefined) return refused;
      const to = { hostname, port, protocol, host, servername: hostname };
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve('no connection in time'), { once: true });
        connect(to, (...[error, socket]) => {
          socket?.destroy();
          resolve(error === null ? undefined : reasonOf(error));
        });
      });
    },

    close() {
      closing ??= agent.destroy();
      return closing;
    },
  };
}

const inner =
  'it leads to an address that is not public; if that is right, add its origin to webhooks.allowOrigins';

/** An inner address only under an origin that the operator listed, whatever its name. */
function strictGuard(allowOrigins: readonly string[]): AddressGuard {
  const guard = addressGuard(allowOrigins);
  const listed = new Set(
    allowOrigins.map((origin) => {
      const url = new URL(origin);
      return `${url.hostname} ${portOf(url)}`;
    }),
  );
  return {
    allows: (host, port, address) =>
      guard.allows(listed.has(`${host} ${port}`) ? host : anyPublicName, port, address),
  };
}

function answered(status: number, retryAfter: string | string[] | undefined): Answer {
  const asked = typeof retryAfter === 'string' ? retryAfterMs(retryAfter, Date.now()) : undefined;
  return { kind: 'answered', status, ...(asked === undefined ? {} : { retryAfter: asked }) };
}

/** `Retry-After` as RFC 9110 has it: seconds, or a date. Milliseconds from now. */
export function retryAfterMs(text: string, now: number): number | undefined {
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** In a list of dead messages; the URL is in the configuration. */
function reasonOf(error: unknown): string {
  if (isEdgeminerError(error) && error.code === 'image.forbidden') return inner;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return `no connection: ${code} ${messageOf(error)}`.slice(0, 200);
}
