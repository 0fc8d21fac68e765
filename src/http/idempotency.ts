import { createHash, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { EdgeminerError } from '../faults.js';
import { principalOf } from './auth.js';
import type { App, HttpDeps } from './deps.js';
import type { KeptAnswer, KeyOwner } from './kept-answers.js';
import { HttpProblem } from './problems.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route honours Idempotency-Key. */
    idempotent?: boolean;
  }
  interface FastifyRequest {
    /** Of a request with a key: the same for each time that it is sent. */
    seed: string | undefined;
    /** The key that this request has to settle. */
    keyOwner: KeyOwner | undefined;
  }
}

const header = 'idempotency-key';

/** Of a route with `config: {idempotent: true}`; other headers pass. */
export const idempotentHeaders = z.looseObject({
  [header]: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/u, { error: 'must be 1 to 200 visible ASCII characters' })
    .optional()
    .describe(
      'Chosen by the caller, new for each thing to do. The same request again with the same key is answered as the first time, for 24 hours.',
    ),
});

const keptForMs = 24 * 3600 * 1000;
/** A process that began and died holds its key this long. */
const runsForMs = 120_000;
/** Larger answers are not kept; a repetition is done again under the same seed. Compressed bytes. */
const largestKept = 4 * 1024 * 1024;
const keptHeaders = ['content-type', 'location', 'etag'] as const;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Makes the routes that say `idempotent` honour the header Idempotency-Key. */
export function honourKeys(app: App, { answers, now, logger }: HttpDeps): void {
  app.decorateRequest('seed', undefined);
  app.decorateRequest('keyOwner', undefined);

  app.addHook('preHandler', async (request, reply) => {
    if (request.routeOptions.config.idempotent !== true) return;
    const key = request.headers[header];
    if (typeof key !== 'string') return;
    const time = now();
    const owner = {
      key: sha256(JSON.stringify([principalOf(request).name, key])),
      attempt: randomUUID(),
    };
    const begun = await answers.begin(
      {
        ...owner,
        fingerprint: fingerprintOf(request),
        seed: randomUUID(),
        runsUntil: time + runsForMs,
        expiresAt: time + keptForMs,
      },
      time,
    );
    switch (begun.kind) {
      case 'yours':
        request.seed = begun.seed;
        request.keyOwner = owner;
        return;
      case 'answered':
        return replay(reply, begun.answer);
      case 'running':
        throw running();
      case 'other-request':
        throw otherBefore();
    }
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const owner = request.keyOwner;
    if (owner === undefined) return payload;
    try {
      await answers.end(owner, await outcomeOf(reply, payload));
    } catch (error) {
      // It is done, and the caller is told so; only a repetition would be done again.
      logger.warn('the answer to a request with an Idempotency-Key could not be kept', { error });
    }
    return payload;
  });
}

async function outcomeOf(reply: FastifyReply, payload: unknown) {
  const { statusCode } = reply;
  if (statusCode >= 500) return { kind: 'failed' } as const;
  if (statusCode >= 300) return { kind: 'refused' } as const;
  const text = typeof payload === 'string' || payload instanceof Uint8Array ? payload : '';
  const body = await compress(text);
  if (body.byteLength > largestKept) return { kind: 'failed' } as const;
  const headers = Object.fromEntries(
    keptHeaders.flatMap((name) => {
      const value = reply.getHeader(name);
      return typeof value === 'string' ? [[name, value] as const] : [];
    }),
  );
  return { kind: 'answered', answer: { status: statusCode, headers, body } } as const;
}

async function replay(reply: FastifyReply, answer: KeptAnswer): Promise<FastifyReply> {
  const { status, headers } = answer;
  const body = await decompress(answer.body);
  return reply.code(status).headers(headers).header('Idempotency-Replayed', 'true').send(body);
}

function fingerprintOf({ method, url, body }: FastifyRequest): string {
  let text: string;
  try {
    text = JSON.stringify([method, url, body ?? null]);
  } catch (error) {
    throw new EdgeminerError('input.invalid', 'the body is nested too deeply', {
      field: 'body',
      mend: 'Send what /openapi.json describes for this route.',
      cause: error,
    });
  }
  return sha256(text);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function running(): HttpProblem {
  const mend = 'Send it again in a second: it is answered then as the first one.';
  const message = 'the same request, with the same Idempotency-Key, is being worked on';
  return new HttpProblem('request.running', message, mend, 1);
}

function otherBefore(): HttpProblem {
  return new HttpProblem(
    'request.other-before',
    'this Idempotency-Key came with another request before',
    'Make a new key for each thing to do, and send it again only with the very same request.',
  );
}
