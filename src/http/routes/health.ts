import { z } from 'zod';
import type { App, HttpDeps } from '../deps.js';
import { health, readiness } from '../schemas.js';

/** For orchestrators and Prometheus; without a token. */
export function healthRoutes(app: App, { readiness: check, metrics, version }: HttpDeps): void {
  app.get(
    '/healthz',
    {
      schema: {
        operationId: 'liveness',
        tags: ['service'],
        summary: 'The process answers',
        response: { 200: health.describe('It is alive.') },
      },
    },
    async () => ({ status: 'ok' as const, version }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'readiness',
        tags: ['service'],
        summary: 'Everything that the server depends on answers',
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const { ready, checks } = await check();
      return reply.code(ready ? 200 : 503).send({ ready, checks: { ...checks } });
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'metrics',
        tags: ['service'],
        summary: 'Metrics in the Prometheus text format; docs/metrics.md explains them',
        response: {
          200: { description: 'All metrics.', content: { 'text/plain': { schema: z.string() } } },
        },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.render()),
  );

  app.get(
    '/openapi.json',
    {
      schema: {
        operationId: 'openapi',
        tags: ['service'],
        summary: 'This description, in OpenAPI 3.1',
        response: { 200: z.looseObject({}).describe('An OpenAPI 3.1 document.') },
      },
    },
    async () => ({ ...app.swagger() }),
  );
}
