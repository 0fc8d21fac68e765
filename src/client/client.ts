import createFetchClient from 'openapi-fetch';
import type { Client, FetchResponse } from 'openapi-fetch';
import type { paths } from './api.js';
import { ApiProblem, problemOf } from './problem.js';
import { sendPatiently } from './send-patiently.js';

export type { components, operations, paths } from './api.js';
export { ApiProblem } from './problem.js';

/** A task as the API shows it. */
export type Task = NonNullable<
  FetchResponse<paths['/v1/tasks/{id}']['get'], object, `${string}/${string}`>['data']
>;

export interface EdgeminerClientOptions {
  /** Where `edgeminer serve` listens: https://edgeminer.example.com */
  readonly server: string;
  /** A bearer token, or what gets one: it is asked for each request. None on a server without. */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /** How often a request is sent at most; 4 unless said. 1: never again. */
  readonly attempts?: number;
  /** The longest wait between two of them, in milliseconds; 30,000 unless said. */
  readonly longestWait?: number;
  /** What sends a request; the platform's own unless said. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** Each method takes a path of the API: `client.GET('/v1/tasks/{id}', {params: {path: {id}}})`. */
export type EdgeminerClient = Client<paths>;

/**
 * What honours the header Idempotency-Key. The client makes a key for each call, so that what is
 * sent again, after an answer was lost on the way, is not done again.
 */
export const keyedPaths = [
  '/v1/annotators/{name}/resume',
  '/v1/batches',
  '/v1/curated-sets',
  '/v1/second-looks',
  '/v1/tasks/{id}/adjudicate',
  '/v1/tasks/{id}/cancel',
  '/v1/tasks/{id}/requeue',
] as const satisfies readonly (keyof paths)[];

/**
 * A client of edgeminer's HTTP API, typed by its OpenAPI document. Sends again what the server
 * was too busy for, waiting as long as it asks for; `answered` makes errors of problems.
 */
export function createEdgeminerClient(options: EdgeminerClientOptions): EdgeminerClient {
  const { server, token, attempts = 4, longestWait = 30_000 } = options;
  const send = options.fetch ?? ((request: Request) => fetch(request));
  const client = createFetchClient<paths>({
    baseUrl: server.replace(/\/+$/u, ''),
    fetch: (request) => sendPatiently(request, { attempts, longestWait, send }),
  });
  client.use({
    async onRequest({ request, schemaPath }) {
      const bearer = typeof token === 'function' ? await token() : token;
      if (bearer !== undefined) request.headers.set('Authorization', `Bearer ${bearer}`);
      const isKeyed = keyedPaths.some((path) => path === schemaPath);
      if (request.method === 'POST' && isKeyed && !request.headers.has('Idempotency-Key')) {
        request.headers.set('Idempotency-Key', crypto.randomUUID());
      }
      return request;
    },
  });
  return client;
}

interface Answer {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

/**
 * What a call was answered with: `await answered(client.GET('/v1/stats'))`.
 * @throws ApiProblem where the server answered with a problem, or could not be reached
 */
export async function answered<T extends Answer>(
  call: Promise<T>,
): Promise<NonNullable<T['data']>> {
  let answer: T;
  try {
    answer = await call;
  } catch (error) {
    throw ApiProblem.unreachable(error);
  }
  const { data, error, response } = answer;
  if (!response.ok) throw problemOf(error, response);
  // An answer of the API has a body, but for 304, which only asks for who has one already.
  return data as NonNullable<T['data']>;
}
