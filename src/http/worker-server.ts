import fastify from 'fastify';
import { EdgeminerError, messageOf } from '../faults.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Readiness } from './deps.js';
import type { HttpAddress } from './server.js';

export interface WorkerServerDeps {
  readonly metrics: Pick<Metrics, 'render' | 'contentType'>;
  /** False: this process gets nowhere, and should be started again. */
  readonly liveness: () => { readonly alive: boolean; readonly detail: string };
  readonly readiness: () => Promise<Readiness>;
  readonly version: string;
}

/** What a worker shows to its orchestrator and to Prometheus: no API, no tokens. */
export interface WorkerServer {
  /** Throws `config.invalid` for an address that can't be had. */
  listen(address: { readonly host: string; readonly port: number }): Promise<HttpAddress>;
  close(): Promise<void>;
}

export function createWorkerServer({
  metrics,
  liveness,
  readiness,
  version,
}: WorkerServerDeps): WorkerServer {
  const app = fastify({ forceCloseConnections: true });
  app.get('/healthz', async (_request, reply) => {
    const { alive, detail } = liveness();
    return reply
      .code(alive ? 200 : 503)
      .send({ status: alive ? 'ok' : 'stalled', detail, version });
  });
  app.get('/readyz', async (_request, reply) => {
    const answer = await readiness();
    return reply.code(answer.ready ? 200 : 503).send(answer);
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.render()),
  );
  return {
    async listen({ host, port }) {
      try {
        const url = await app.listen({ host, port });
        return { url, port: Number(new URL(url).port) };
      } catch (error) {
        throw new EdgeminerError('config.invalid', `can't listen on ${host}: ${messageOf(error)}`, {
          field: '--health-port',
          mend: 'Choose a port that is free.',
          cause: error,
        });
      }
    },
    close: () => app.close(),
  };
}
