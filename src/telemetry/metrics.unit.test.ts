import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.js';

describe('metrics', () => {
  it('are all described in docs/metrics.md, which describes no others', async () => {
    const page = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const described = [...page.matchAll(/^\| `(edgeminer_\w+)/gmu)].map(([, name]) => name);
    expect(described.toSorted()).toEqual(createMetrics().names.toSorted());
  });

  it('count what mining reports', async () => {
    const metrics = createMetrics();
    metrics.eventSettled('animals', 'queued');
    metrics.eventSettled('animals', 'queued');
    metrics.eventSettled(undefined, 'dead_letter');
    metrics.candidateQueued(['dark', 'blur']);
    metrics.deadLettered('event.invalid');
    metrics.retried('store.unavailable');
    metrics.noReference('animals');
    metrics.embeddingDiffers('animals');
    metrics.ownScoreFailed('own:rust');
    metrics.inFlight(3, 4096);
    metrics.stationTook('score', 0.02);
    metrics.requestServed({ route: '/v1/stats', method: 'GET', status: 200, seconds: 0.1 });
    const text = await metrics.render();
    for (const line of [
      'edgeminer_events_total{model="animals",outcome="queued"} 2',
      'edgeminer_events_total{model="unreadable",outcome="dead_letter"} 1',
      'edgeminer_candidates_total{reason="dark"} 1',
      'edgeminer_candidates_total{reason="blur"} 1',
      'edgeminer_dead_letters_total{code="event.invalid"} 1',
      'edgeminer_retries_total{code="store.unavailable"} 1',
      'edgeminer_no_reference_total{model="animals"} 1',
      'edgeminer_embedding_differs_total{model="animals"} 1',
      'edgeminer_own_score_failures_total{score="own:rust"} 1',
      'edgeminer_in_flight 3',
      'edgeminer_bytes_in_flight 4096',
      'edgeminer_station_seconds_count{station="score"} 1',
      'edgeminer_http_request_seconds_count{route="/v1/stats",method="GET",status="200"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('keep one registry each', async () => {
    const first = createMetrics();
    const second = createMetrics();
    first.retried('kafka.unavailable');
    expect(await second.render()).not.toContain('kafka.unavailable');
  });

  it('bound the model names that producers can make them keep', async () => {
    const metrics = createMetrics();
    for (let i = 0; i < 150; i++) metrics.eventSettled(`model-${i}`, 'passed');
    metrics.eventSettled('model-3', 'passed');
    const lines = (await metrics.render()).split('\n');
    expect(lines.filter((line) => line.startsWith('edgeminer_events_total{'))).toHaveLength(101);
    expect(lines).toContain('edgeminer_events_total{model="other",outcome="passed"} 50');
    expect(lines).toContain('edgeminer_events_total{model="model-3",outcome="passed"} 2');
  });

  it('ask for the queue now and then, and go on without it while it fails', async () => {
    const metrics = createMetrics();
    let pending = 5;
    metrics.watchQueue(async () => ({ pending: pending--, leased: 1 }));
    expect(await metrics.render()).toContain('edgeminer_queue_tasks{state="pending"} 5');
    expect(await metrics.render()).toContain('edgeminer_queue_tasks{state="pending"} 5');
    metrics.watchQueue(() => Promise.reject(new Error('store is away')));
    const text = await metrics.render();
    expect(text).not.toContain('edgeminer_queue_tasks{');
    expect(text).toContain('edgeminer_in_flight 0');
  });

  it('show how far behind the source is, partition by partition', async () => {
    const metrics = createMetrics();
    let backlog = [
      { partition: 0, lag: 12, oldestMs: 1500 },
      { partition: 1, lag: 0, oldestMs: 0 },
    ];
    metrics.watchBacklog(() => backlog);
    const text = await metrics.render();
    expect(text).toContain('edgeminer_lag{partition="0"} 12');
    expect(text).toContain('edgeminer_oldest_unsettled_seconds{partition="0"} 1.5');
    backlog = backlog.slice(1);
    expect(await metrics.render()).not.toContain('edgeminer_lag{partition="0"}');
  });
});
