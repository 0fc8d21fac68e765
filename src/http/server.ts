import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastify from 'fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { isIPv6 } from 'node:net';
import type { AddressInfo } from 'node:net';
import { EdgeminerError, isEdgeminerError, messageOf } from '../faults.js';
import type { Logger } from '../telemetry/logger.js';
import { accessTo, pathPattern, routeName } from './access.js';
import {
  authorize,
  createAuthenticator,
  isOpenToAll,
  refuseForeignHost,
  refuseOpenHost,
} from './auth.js';
import type { Principal } from './auth.js';
import type { App, HttpDeps } from './deps.js';
import { honourKeys } from './idempotency.js';
import { describeApi } from './openapi.js';
import { HttpProblem, problemOf, retryAfterOf } from './problems.js';
import { batchRoutes } from './routes/batches.js';
import { curatedSetRoutes } from './routes/curated-sets.js';
import { eventRoutes } from './routes/events.js';
import { goldRoutes } from './routes/gold.js';
import { healthRoutes } from './routes/health.js';
import { qualityRoutes } from './routes/quality.js';
import { reviewRoutes } from './routes/review.js';
import { labelSetRoutes } from './routes/label-sets.js';
import { statsRoutes } from './routes/stats.js';
import { taskRoutes } from './routes/tasks.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent it; undefined on routes that need no token. */
    principal: Principal | undefined;
  }
}

export interface HttpServer {
  /**
   * Starts to listen; port 0 takes a free one. Throws `config.invalid` for an address that is
   * taken or can't be had, and without tokens for one that is not this machine's own.
   */
  listen(address: { readonly host: string; readonly port: number }): Promise<HttpAddress>;
  /**
   * Takes no new connections, lets open requests finish for `limits.closeSeconds`, then cuts
   * them. Idempotent.
   */
  close(): Promise<void>;
}

export interface HttpAddress {
  readonly url: string;
  readonly port: number;
}

/** The HTTP API, not yet listening. */
export async function createHttpServer(deps: HttpDeps): Promise<HttpServer> {
  const { logger, limits } = deps;
  const openToAll = isOpenToAll(deps);
  const app: App = fastify({
    bodyLimit: limits.maxRequestBytes,
    requestTimeout: limits.requestSeconds * 1000,
    // Node looks for requests that are late this often, twice a minute by default.
    http: { connectionsCheckingInterval: Math.min(30_000, limits.requestSeconds * 250) },
    // While it closes, requests on open connections are still answered.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply, logger);
    },
  }).withTypeProvider<ZodTypeProvider>();
  // Were it the longer of the two, Node would take one for the other.
  app.server.headersTimeout = Math.min(60_000, limits.requestSeconds * 1000);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser('text/plain');
  await guard(app, deps);
  answerErrors(app, logger);
  honourKeys(app, deps);
  measure(app, deps);
  await describeApi(app, deps.version);
  healthRoutes(app, deps);
  await eventRoutes(app, deps);
  batchRoutes(app, deps);
  taskRoutes(app, deps);
  reviewRoutes(app, deps);
  goldRoutes(app, deps);
  qualityRoutes(app, deps);
  labelSetRoutes(app, deps);
  curatedSetRoutes(app, deps);
  statsRoutes(app, deps);
  await app.ready();

  let closing: Promise<void> | undefined;
  return {
    async listen({ host, port }) {
      if (openToAll) {
        refuseOpenHost(host);
        logger.warn('no http.tokens are configured: everybody on this machine is admin', { host });
      }
      try {
        await app.listen({ host, port });
      } catch (error) {
        throw new EdgeminerError('config.invalid', `can't listen on ${host}: ${messageOf(error)}`, {
          field: 'http.port',
          mend: 'Set http.host and http.port to an address of this machine that is free.',
          cause: error,
        });
      }
      const taken = (app.server.address() as AddressInfo).port;
      return { url: `http://${isIPv6(host) ? `[${host}]` : host}:${taken}`, port: taken };
    },
    close() {
      closing ??= closeInTime(app, limits.closeSeconds);
      return closing;
    },
  };
}

/** Between looks for connections whose last request has ended. Milliseconds. */
const sweepMs = 50;

async function closeInTime(app: App, seconds: number): Promise<void> {
  // Node closes the connections that are idle now, not those that become idle later.
  const sweep = setInterval(() => app.server.closeIdleConnections(), sweepMs);
  const deadline = setTimeout(() => app.server.closeAllConnections(), seconds * 1000);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(deadline);
  }
}

/** Headers, tokens, roles and rates: what every request passes before its route. */
async function guard(app: App, deps: HttpDeps): Promise<void> {
  const { limits } = deps;
  const openToAll = isOpenToAll(deps);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] },
    },
  });
  await app.register(rateLimit, {
    max: limits.requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: ({ principal, ip }) => principal?.name ?? ip,
    allowList: (request) => isOpen(request),
    errorResponseBuilder: (_request, { ttl }) => tooMany(Math.ceil(ttl / 1000)),
  });
  const refusals = app.createRateLimit({
    max: limits.refusalsPerMinute,
    timeWindow: 60_000,
    keyGenerator: ({ ip }) => ip,
  });
  const authenticate = createAuthenticator(deps);
  app.decorateRequest('principal', undefined);
  app.addHook('onRequest', async (request) => {
    if (openToAll) refuseForeignHost(request.hostname);
    const { url } = request.routeOptions;
    const access = url === undefined ? 'anyone' : accessTo(request.method, url);
    if (access === undefined || access === 'anyone') return;
    let principal: Principal;
    try {
      principal = await authenticate(request.headers.authorization);
    } catch (error) {
      if (!isEdgeminerError(error) || error.retriable) throw error;
      const rate = await refusals(request);
      throw rate.isAllowed || !rate.isExceeded ? error : tooMany(rate.ttlInSeconds);
    }
    request.principal = principal;
    authorize(principal, access, routeName(request.method, url ?? ''));
  });
}

function isOpen({ method, routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === undefined || accessTo(method, routeOptions.url) === 'anyone';
}

function tooMany(seconds: number): HttpProblem {
  const mend = `Try again in ${seconds} seconds.`;
  return new HttpProblem('request.too-many', 'too many requests', mend, seconds);
}

function answerErrors(app: App, logger: Logger): void {
  app.setErrorHandler<FastifyError>((error, request, reply) =>
    answerError(error, request, reply, logger),
  );
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    const missing = new HttpProblem(
      'route.not-found',
      `there is no ${request.method} ${path}`,
      'See /docs for the routes that there are.',
    );
    return answerError(missing, request, reply, logger);
  });
}

/** Every error is answered as a problem (problems.ts); what is the server's own is logged. */
function answerError(
  error: unknown,
  request: Pick<FastifyRequest, 'method' | 'url'>,
  reply: FastifyReply,
  logger: Logger,
): FastifyReply {
  const problem = problemOf(error);
  if (problem.status >= 500 && problem.code !== 'server.busy') {
    const level = isEdgeminerError(error) && error.retriable ? 'warn' : 'error';
    logger[level]('a request failed', { method: request.method, url: request.url, error });
  }
  if (problem.status === 401) reply.header('WWW-Authenticate', 'Bearer realm="edgeminer"');
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== undefined) reply.header('Retry-After', retryAfter);
  return reply
    .code(problem.status)
    .header('Cache-Control', 'no-store')
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(problem);
}

function measure(app: App, { metrics, logger }: HttpDeps): void {
  app.addHook('onResponse', async ({ method, url, routeOptions }, reply) => {
    const seconds = reply.elapsedTime / 1000;
    const route = routeOptions.url === undefined ? 'unmatched' : pathPattern(routeOptions.url);
    metrics.requestServed({ route, method, status: reply.statusCode, seconds });
    logger.debug('request', { method, url, status: reply.statusCode, seconds });
  });
}
