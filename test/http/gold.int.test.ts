import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as schemas from '../../src/http/schemas.js';
import { annotatorId } from '../../src/ids.js';
import { createGoldDesk } from '../../src/queue/gold-desk.js';
import { animals, startTestServer } from './test-server.js';
import type { TestServer, Who } from './test-server.js';

const cat = { kind: 'class', class: 'cat' };
const dog = { kind: 'class', class: 'dog' };
type TaskJson = z.output<typeof schemas.task>;

let api: TestServer;
let golds: readonly string[];

/** Twelve gold tasks that ben has labelled, and a hundred others. */
beforeAll(async () => {
  api = await startTestServer();
  golds = await api.offer(12);
  const { batchId, tasks } = await leaseAs('ben', 12);
  for (const task of tasks) await label('ben', batchId, task, cat);
  const desk = createGoldDesk({
    golds: api.store.golds,
    reader: api.store.queue,
    audit: api.store.audit,
    labelSetFor: () => animals,
    now: () => api.clock.now,
  });
  for (const { id } of await api.store.queue.list({ state: 'labelled' }, { limit: 50 }, 0)) {
    expect(await desk.add({ task: id, by: annotatorId('cora') })).toEqual({ kind: 'added' });
  }
  await api.offer(100);
});

afterAll(async () => {
  await api.close();
});

async function leaseAs(as: Who, limit: number): Promise<z.output<typeof schemas.batch>> {
  const answer = await api.send('POST', '/v1/batches', { as, body: { limit } });
  expect(answer.status).toBe(200);
  return schemas.batch.parse(answer.json);
}

async function label(as: Who, batchId: string, { id, fence }: TaskJson, body: unknown) {
  const sent = { as, body: { batchId, fence, label: body } };
  return api.send('POST', `/v1/tasks/${id}/labels`, sent);
}

async function listAs(as: Who): Promise<readonly TaskJson[]> {
  const { tasks } = schemas.taskPage.parse(
    (await api.send('GET', '/v1/tasks?limit=200', { as })).json,
  );
  return tasks;
}

async function isTrial(id: string): Promise<boolean> {
  return (await api.store.queue.find(id as never)) === undefined;
}

describe('gold tasks over HTTP', () => {
  it('are tasks like any other to an annotator, on every route', async () => {
    const before = (await api.send('GET', '/v1/stats', { as: 'ana' })).json;
    const seen = await listAs('ana');
    expect(seen.some(({ id }) => golds.includes(id))).toBe(false);
    expect((await api.send('GET', `/v1/tasks/${golds[0] ?? ''}`, { as: 'ana' })).status).toBe(404);
    const image = await api.send('GET', `/v1/tasks/${golds[0] ?? ''}/image`, { as: 'ana' });
    expect(image.status).toBe(404);

    const { batchId, tasks } = await leaseAs('ana', 12);
    const trials: TaskJson[] = [];
    const others: TaskJson[] = [];
    for (const task of tasks) ((await isTrial(task.id)) ? trials : others).push(task);
    expect([trials.length, others.length]).toEqual([6, 6]);
    const [trial, other] = [trials[0], others[0]];
    if (trial === undefined || other === undefined) throw new Error('there are both');
    expect(Object.keys(trial)).toEqual(Object.keys(other));
    for (const field of [
      'state',
      'lease',
      'fence',
      'round',
      'overlap',
      'label',
      'opinions',
    ] as const)
      expect(trial[field]).toEqual(other[field]);
    for (const task of tasks) {
      expect((await api.send('GET', `/v1/tasks/${task.id}`, { as: 'ana' })).json).toEqual(task);
      const bytes = await api.send('GET', task.image.href, { as: 'ana' });
      expect([bytes.status, bytes.headers.get('etag')]).toEqual([200, `"${task.image.hash}"`]);
    }
    const after = await listAs('ana');
    expect(new Set(after.map((one) => one.image.hash)).size).toBe(after.length);
    expect(after).toHaveLength(seen.length + trials.length);
    const stats = (await api.send('GET', '/v1/stats', { as: 'ana' })).json;
    const { byState } = before as { byState: Record<string, number> };
    expect(stats).toEqual({
      ...(before as object),
      byState: {
        ...byState,
        leased: (byState['leased'] ?? 0) + 12,
        pending: (byState['pending'] ?? 0) - 12,
      },
    });

    for (const one of [trial, other]) {
      const first = await label('ana', batchId, one, cat);
      expect(first).toMatchObject({ status: 200, json: { id: one.id, state: 'labelled' } });
      const again = await label('ana', batchId, one, cat);
      expect([again.status, again.json]).toEqual([200, first.json]);
      expect((await label('ben', batchId, one, cat)).status).toBe(409);
    }
    const renewed = await api.send('POST', `/v1/batches/${batchId}/renew`, { as: 'ana', body: {} });
    expect(renewed.json).toMatchObject({ renewed: 10 });
    const released = await api.send('POST', `/v1/batches/${batchId}/release`, {
      as: 'ana',
      body: { tasks: [trials[1]?.id, others[1]?.id] },
    });
    expect(released.json).toMatchObject({ released: 2 });
  });

  it('stay what they are to a curator, and take in nothing', async () => {
    const all = await listAs('cora');
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining([...golds]));
    const gold = all.filter(({ id }) => golds.includes(id));
    expect(gold.every(({ opinions }) => opinions.length === 1)).toBe(true);
    expect(all.filter(({ label: given }) => given?.annotator === 'ana')).toHaveLength(1);
  });

  it('pause an annotator, who is told to talk to a reviewer', async () => {
    for (let lap = 0; lap < 5; lap += 1) {
      const answer = await api.send('POST', '/v1/batches', { as: 'ana', body: { limit: 5 } });
      if (answer.status === 403) break;
      const { batchId, tasks } = schemas.batch.parse(answer.json);
      for (const task of tasks) {
        api.clock.now += 1000;
        // Once paused, the rest of the batch is lost.
        expect([200, 409]).toContain((await label('ana', batchId, task, dog)).status);
      }
    }
    const refused = await api.send('POST', '/v1/batches', { as: 'ana', body: { limit: 5 } });
    expect(refused).toMatchObject({
      status: 403,
      json: { code: 'annotator.paused', mend: expect.stringContaining('reviewer') as unknown },
    });
    const hers = (await listAs('cora')).filter(({ label: given }) => given?.annotator === 'ana');
    expect(hers.length).toBeLessThanOrEqual(1);
    expect((await api.send('POST', '/v1/batches', { as: 'ben', body: {} })).status).toBe(200);
  });
});
