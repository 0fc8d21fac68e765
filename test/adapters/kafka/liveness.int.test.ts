import { afterEach, expect, it } from 'vitest';
import { connectKafka } from '../../../src/adapters/kafka/connect-kafka.js';
import { createWorkerServer } from '../../../src/http/worker-server.js';
import { watchLiveness } from '../../../src/mine/liveness.js';
import { createMetrics } from '../../../src/telemetry/metrics.js';
import { describeWith } from '../../services/describe-with.js';
import { jsonEvent, take, testTopics } from './topics.js';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

function opened<T extends { close(): Promise<void> }>(resource: T): T {
  open.push(resource);
  return resource;
}

describeWith(['kafka'], 'the health of a worker', (services) => {
  it('fails while records wait and nothing is done, and is well again after', async () => {
    const topics = opened(await testTopics(services().kafka.brokers));
    const source = opened(connectKafka(topics.settings)).openEventSource();
    let now = 0;
    const liveness = watchLiveness({
      backlog: () => source.backlog(),
      now: () => now,
      stalledAfterMs: 180_000,
    });
    const metrics = createMetrics();
    metrics.watchBacklog(() => source.backlog());
    const server = opened(
      createWorkerServer({
        metrics,
        liveness: () => liveness.check(),
        readiness: async () => ({ ready: true, checks: {} }),
        version: 'test',
      }),
    );
    const { url } = await server.listen({ host: '127.0.0.1', port: 0 });
    const health = async () => {
      const answer = await fetch(`${url}/healthz`);
      return { status: answer.status, body: await answer.json() };
    };
    const iterator = source.deliveries(new AbortController().signal)[Symbol.asyncIterator]();
    expect((await health()).status).toBe(200);

    await topics.write([{ value: jsonEvent('a') }, { value: jsonEvent('b') }]);
    const [first, second] = await take(iterator, 2);
    // Idle for an hour before, and busy only now.
    now = 3_600_000;
    expect((await health()).status).toBe(200);
    now += 179_000;
    expect((await health()).status).toBe(200);
    now += 2000;
    expect(await health()).toMatchObject({
      status: 503,
      body: { status: 'stalled', detail: '2 records to do, and nothing done for 181 s' },
    });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      'edgeminer_lag{partition="0"} 2',
    );

    // An outage that is waited out is no reason to start again.
    liveness.progressed();
    expect((await health()).status).toBe(200);
    first.acknowledge();
    second?.acknowledge();
    now += 1_000_000;
    expect(await health()).toMatchObject({ status: 200, body: { detail: 'nothing to do' } });
    await source.close();
  });
});
