import type { LookupFunction } from 'node:net';
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { EdgeminerError, isEdgeminerError, messageOf } from '../../faults.js';
import type { FetchRequest } from '../../image/image-fetcher.js';
import { targetOf, withoutSecrets } from '../../image/allow-list.js';
import type { AllowList } from '../../image/allow-list.js';
import { addressGuard } from './address-guard.js';
import { guardedConnect } from './guarded-connect.js';
import type { Answer } from '../../image/image-answer.js';
import { startTimeLimit } from '../../image/time-limit.js';
import type { TimeLimit } from '../../image/time-limit.js';

export interface HttpFetcher {
  /** One try, with its redirects, of an allowed URL. */
  get(url: URL, request: FetchRequest): Promise<Answer>;
  close(): Promise<void>;
}

export interface HttpFetcherOptions {
  readonly allowed: AllowList;
  readonly maxBytes: number;
  /** For a whole try: name, connection, redirects and body. */
  readonly timeoutMs: number;
  /** Resolves names; the system's unless told. */
  readonly lookup?: LookupFunction;
}

type MakeRoom = FetchRequest['makeRoom'];

const maxRedirects = 3;
const connectionsPerOrigin = 16;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Refusals that pass: time-out, too early, too many requests. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);
const headers = { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': 'edgeminer' };

/**
 * Fetches from allowed origins. A redirect is followed only to another allowed one, and every
 * connection goes to an address that the guard allows. No cookies, no proxy, no compression.
 */
export function openHttpFetcher(options: HttpFetcherOptions): HttpFetcher {
  const { allowed, maxBytes, timeoutMs } = options;
  const guard = addressGuard(allowed.origins);
  const connect = guardedConnect(guard, { timeoutMs, lookup: options.lookup });
  const agent = new Agent({
    connect,
    connections: connectionsPerOrigin,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  let closing: Promise<void> | undefined;

  async function follow(start: URL, limit: TimeLimit, makeRoom: MakeRoom): Promise<Answer> {
    const { signal } = limit;
    let url = start;
    for (let left = maxRedirects; ; left--) {
      const { origin, pathname, search } = url;
      const path = `${pathname}${search}`;
      const response = await agent.request({ origin, path, method: 'GET', headers, signal });
      const { statusCode, body } = response;
      if (statusCode === 200) {
        const expected = expectedBytes(url, response, maxBytes);
        await limit.paused(() => makeRoom(expected));
        return { kind: 'image', bytes: await readBody(url, response, maxBytes) };
      }
      // Read to its end where it is short, so that the connection can be used again.
      await body.dump({ limit: 16_384, signal });
      if (!redirects.has(statusCode)) return refusal(url, statusCode);
      if (left === 0) throw forbidden(start, `redirects more than ${maxRedirects} times`);
      url = redirectTarget(url, response.headers['location'], allowed);
    }
  }

  return {
    async get(url, { signal, makeRoom }) {
      signal.throwIfAborted();
      const limit = startTimeLimit(timeoutMs, () => tookTooLong(url, timeoutMs), signal);
      try {
        return await follow(url, limit, makeRoom);
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw limit.signal.aborted ? limit.signal.reason : faultOf(url, error);
      } finally {
        limit.end();
      }
    },
    close() {
      closing ??= agent.destroy();
      return closing;
    },
  };
}

/** The announced length, or `maxBytes` where there is none. */
function expectedBytes(
  url: URL,
  { headers: received, body }: Dispatcher.ResponseData,
  maxBytes: number,
): number {
  const announced = Number(received['content-length'] ?? maxBytes);
  if (announced <= maxBytes) return announced;
  body.on('error', () => undefined).destroy();
  throw tooLarge(url, `${announced} bytes`, maxBytes);
}

async function readBody(
  url: URL,
  { body }: Dispatcher.ResponseData,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early closes the connection.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(url, `more than ${maxBytes} bytes`, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

function redirectTarget(
  from: URL,
  location: string | string[] | undefined,
  allowed: AllowList,
): URL {
  const written = Array.isArray(location) ? location[0] : location;
  if (written === undefined || !URL.canParse(written, from.href)) {
    throw forbidden(from, 'redirects to nowhere');
  }
  const uri = new URL(written, from).href;
  const target = targetOf(uri, allowed);
  if (target.kind === 'http') return target.url;
  const why = target.kind === 'refused' ? target.why : 'it is no http or https URL';
  throw forbidden(from, `redirects to ${withoutSecrets(uri)}, which is not followed: ${why}`);
}

/** What a status other than 200 and redirects means. */
function refusal(url: URL, status: number): Answer {
  const answered = `${withoutSecrets(url.href)} answered ${status}`;
  if (status >= 500 || passing.has(status)) {
    throw new EdgeminerError('image.unreachable', answered, {
      field: 'image.uri',
      mend: 'Nothing to do if it passes; else look into the image server.',
    });
  }
  if (status === 401 || status === 403) {
    const mend = 'Let edgeminer read the image, or send URLs whose signature lasts longer.';
    const fault = new EdgeminerError('image.forbidden', answered, { field: 'image.uri', mend });
    return { kind: 'missing', fault };
  }
  const mend = 'Keep images until they are mined, or send their bytes in the event.';
  const fault = new EdgeminerError('image.not-found', answered, { field: 'image.uri', mend });
  return { kind: 'missing', fault };
}

function faultOf(url: URL, error: unknown): EdgeminerError {
  if (isEdgeminerError(error)) return error;
  return new EdgeminerError(
    'image.unreachable',
    `${withoutSecrets(url.href)} can't be fetched: ${messageOf(error)}`,
    { cause: error, field: 'image.uri', mend: 'Check that the image server runs.' },
  );
}

function tookTooLong(url: URL, timeoutMs: number): EdgeminerError {
  const message = `${withoutSecrets(url.href)} took more than ${timeoutMs / 1000} s`;
  const mend = 'Look into the image server, or raise fetch.timeoutSeconds.';
  return new EdgeminerError('image.unreachable', message, { field: 'image.uri', mend });
}

function tooLarge(url: URL, size: string, maxBytes: number): EdgeminerError {
  return new EdgeminerError('image.too-large', `${withoutSecrets(url.href)} has ${size}`, {
    field: 'image.uri',
    mend: `Shrink it to at most ${maxBytes} bytes, or raise fetch.maxBytes.`,
  });
}

function forbidden(url: URL, what: string): EdgeminerError {
  return new EdgeminerError('image.forbidden', `${withoutSecrets(url.href)} ${what}`, {
    field: 'image.uri',
    mend: 'Send the URI that it leads to, and add its origin to fetch.allowOrigins.',
  });
}
