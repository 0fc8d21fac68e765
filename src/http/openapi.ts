import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { accessTo } from './access.js';
import type { App } from './deps.js';
import { problem } from './schemas.js';

/** Problems that every route may answer with, besides its own. */
const always = [500] as const;
/** 503: the keys of the identity provider can't be had, or the store is away. */
const whenGuarded = [401, 403, 429, 503] as const;

/**
 * Gives every route that is registered from here on its security and its error answers, by the
 * access table, and collects all into /openapi.json (OpenAPI 3.1) and the page /docs. Throws
 * for a route that the access table does not know.
 */
export async function describeApi(app: App, version: string): Promise<void> {
  app.addHook('onRoute', (route) => {
    const methods = [route.method].flat();
    const [access, ...others] = methods.map((method) => accessTo(method, route.url));
    if (access === undefined || others.includes(undefined)) {
      throw new Error(`${methods.join()} ${route.url} is missing from the access table`);
    }
    if (route.schema === undefined || route.schema.hide === true) return;
    const open = access === 'anyone';
    route.schema = {
      ...route.schema,
      security: open ? [] : [{ bearer: [...access] }],
      response: {
        ...problems(...always, ...(open ? [] : whenGuarded)),
        ...described(route.schema.response),
      },
    };
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'edgeminer',
        version,
        description: 'Takes inference events in, gives relabel batches and curated sets out.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'events', description: 'For production systems: role producer.' },
        { name: 'labelling', description: 'For data teams: role annotator.' },
        { name: 'review', description: 'For those who answer for the queue: role reviewer.' },
        { name: 'curation', description: 'For retraining: role curator.' },
        { name: 'service', description: 'For those who run it: no token needed.' },
      ],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description:
              'A token of http.tokens, or a JWT of http.oidc; the roles that may call a route are listed there.',
          },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    // Only what this server itself serves; nothing is loaded from elsewhere.
    staticCSP: {
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self' 'unsafe-inline'",
      'img-src': "'self' data:",
      'connect-src': "'self'",
      'base-uri': "'none'",
      'frame-ancestors': "'none'",
    },
  });
}

/** Answers with the description of their schema, also where that is a reference. */
function described(responses: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(responses ?? {}).map(([status, answer]: [string, unknown]) => [
      status,
      answer instanceof z.ZodType && answer.description !== undefined
        ? {
            description: answer.description,
            content: { 'application/json': { schema: answer } },
          }
        : answer,
    ]),
  );
}

/** Each schema with a name is generated twice, as a request's and as an answer's part. */
function withoutUnused<T extends object>(document: T): T {
  const { components } = document as { components?: { schemas?: Record<string, unknown> } };
  const text = JSON.stringify(document);
  const schemas = Object.fromEntries(
    Object.entries(components?.schemas ?? {}).filter(([name]) =>
      text.includes(`"#/components/schemas/${name}"`),
    ),
  );
  return { ...document, components: { ...components, schemas } };
}

/** The problem answers of a route, by status, as its response schemas. */
export function problems(...statuses: readonly number[]): Record<number, ProblemResponse> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: meanings[status] ?? 'A problem.',
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  );
}

/** The answer of a route that serves a picture; `bytes` says which bytes those are. */
export function pictureAnswer(bytes: string) {
  const schema = { schema: z.unknown().describe(bytes) };
  return {
    description: 'The picture.',
    content: {
      'image/jpeg': schema,
      'image/png': schema,
      'image/webp': schema,
      'image/avif': schema,
    },
  };
}

interface ProblemResponse {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: typeof problem }>>;
}

const meanings: Readonly<Record<number, string>> = {
  400: 'The request is not as described.',
  401: 'The token is missing, unknown or has expired.',
  403: 'The role of the token does not allow it.',
  404: 'There is no such thing.',
  409: 'It is too late, or the state does not allow it. Nothing was changed.',
  412: 'The task is no longer what If-Match names. Nothing was changed.',
  413: 'The body is too large.',
  415: 'The body is not application/json.',
  422: 'The request was understood, but its content does not fit.',
  429: 'Too many requests; see Retry-After.',
  500: 'The server failed or is not set up for it.',
  503: 'Busy, or something it depends on is away; see Retry-After.',
};
