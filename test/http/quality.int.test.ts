import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as quality from '../../src/http/quality-schemas.js';
import { verification } from '../../src/http/review-schemas.js';
import * as schemas from '../../src/http/schemas.js';
import { annotatorId, taskId } from '../../src/ids.js';
import type { TaskContent } from '../../src/queue/task.js';
import { labelledTask } from '../fixtures/labelled-task.js';
import { startTestServer } from './test-server.js';
import type { Answer, TestServer, Who } from './test-server.js';

const cat = { kind: 'class', class: 'cat' };
const dog = { kind: 'class', class: 'dog' };

let api: TestServer;
let labelled: readonly string[];

/** Eight tasks that ben has labelled. */
beforeAll(async () => {
  api = await startTestServer();
  labelled = (await api.offer(8)).map(String).sort();
  const { batchId, tasks } = await leaseAs('ben', 8);
  for (const task of tasks) await label('ben', batchId, task, cat);
});

afterAll(async () => {
  await api.close();
});

async function leaseAs(as: Who, limit: number): Promise<z.output<typeof schemas.batch>> {
  const answer = await api.send('POST', '/v1/batches', { as, body: { limit } });
  expect(answer.status).toBe(200);
  return schemas.batch.parse(answer.json);
}

async function label(
  as: Who,
  batchId: string,
  { id, fence }: { id: string; fence: number },
  body: unknown,
): Promise<Answer> {
  return api.send('POST', `/v1/tasks/${id}/labels`, { as, body: { batchId, fence, label: body } });
}

async function standingOf(who: string) {
  const answer = await api.send('GET', '/v1/annotators', { as: 'rita' });
  const { annotators } = quality.annotatorsPage.parse(answer.json);
  return annotators.find(({ annotator }) => annotator === who);
}

describe('gold tasks', () => {
  it('are made, listed page by page, and retired', async () => {
    const [first = ''] = labelled;
    const add = (task: string) =>
      api.send('POST', '/v1/gold-tasks', { as: 'cora', body: { task } });
    expect(await add(first)).toMatchObject({
      status: 201,
      json: { task: first, outcome: 'added' },
    });
    expect(await add(first)).toMatchObject({ status: 200, json: { outcome: 'in-use' } });
    for (const task of labelled.slice(1)) expect((await add(task)).status).toBe(201);
    expect(await add('f'.repeat(64))).toMatchObject({
      status: 404,
      json: { code: 'task.not-found', field: 'task' },
    });
    const [open = ''] = await api.offer(1);
    expect(await add(open)).toMatchObject({ status: 409, json: { code: 'task.wrong-state' } });
    expect(await add('x')).toMatchObject({ status: 400, json: { code: 'input.invalid' } });

    const seen = [];
    for (let after: string | null = ''; after !== null;) {
      const query: string = after === '' ? '' : `&after=${after}`;
      const answer = await api.send('GET', `/v1/gold-tasks?limit=3${query}`, { as: 'cora' });
      const page = quality.goldPage.parse(answer.json);
      expect(page.goldTasks.length).toBeLessThanOrEqual(3);
      seen.push(...page.goldTasks);
      after = page.next;
    }
    expect(seen.map(({ task }) => task)).toEqual(labelled);
    expect(seen[0]).toMatchObject({
      model: 'animals',
      label: cat,
      labelSet: 'animals@2',
      addedBy: 'cora',
      retiredAt: null,
      answers: 0,
    });

    const retire = (id: string) => api.send('POST', `/v1/gold-tasks/${id}/retire`, { as: 'cora' });
    expect(await retire(first)).toMatchObject({ status: 200, json: { outcome: 'retired' } });
    expect(await retire(first)).toMatchObject({ status: 200, json: { outcome: 'unchanged' } });
    expect(await retire(open)).toMatchObject({ status: 404, json: { code: 'gold.not-found' } });
    expect((await add(first)).status).toBe(201);
  });

  it('pause an annotator, whom a reviewer lets go on', async () => {
    await api.offer(40);
    // Who has labelled the gold tasks themselves gets none of them.
    await leaseAs('ben', 1);
    for (let lap = 0; lap < 6; lap += 1) {
      const answer = await api.send('POST', '/v1/batches', { as: 'ana', body: { limit: 4 } });
      if (answer.status === 403) break;
      const { batchId, tasks } = schemas.batch.parse(answer.json);
      for (const task of tasks) {
        api.clock.now += 1000;
        await label('ana', batchId, task, dog);
      }
    }
    const paused = await standingOf('ana');
    expect(paused).toMatchObject({
      state: 'paused',
      gold: { held: 0, of: 3, share: 0, classes: [{ class: 'cat', held: 0 }] },
      pauses: [{ reason: expect.stringContaining('0 of 3') as unknown, resumed: null }],
    });
    expect(paused?.pauses[0]?.reopened).toBeGreaterThan(0);
    expect((await standingOf('ben'))?.gold).toMatchObject({ of: 0, share: null, classes: [] });

    const resume = (who: string, body: unknown, key?: string) =>
      api.send('POST', `/v1/annotators/${who}/resume`, {
        as: 'rita',
        body,
        headers: key === undefined ? {} : { 'idempotency-key': key },
      });
    const reason = 'we talked';
    expect(await resume('ana', { reason: ' ' })).toMatchObject({ status: 400 });
    expect(await resume('ben', { reason })).toMatchObject({
      status: 409,
      json: { code: 'annotator.not-paused' },
    });
    const done = { status: 200, json: { annotator: 'ana', outcome: 'resumed' } };
    expect(await resume('ana', { reason }, 'once')).toMatchObject(done);
    expect(await resume('ana', { reason }, 'once')).toMatchObject(done);
    expect((await resume('ana', { reason })).status).toBe(409);
    const resumedBy = { by: 'rita', reason };
    expect(await standingOf('ana')).toMatchObject({
      state: 'ok',
      pauses: [{ resumed: resumedBy }],
    });
    expect((await api.send('POST', '/v1/batches', { as: 'ana', body: {} })).status).toBe(200);
    const only = await api.send('GET', '/v1/annotators?after=ana&limit=1', { as: 'rita' });
    expect(only.json).toMatchObject({ annotators: [{ annotator: 'ben' }], next: null });
  });
});

describe('/v1/quality', () => {
  it('reports what can be measured, and null for what cannot', async () => {
    const answer = await api.send('GET', '/v1/quality?model=animals', { as: 'rita' });
    expect(answer.status).toBe(200);
    const report = quality.qualityReport.parse(answer.json);
    expect(report.tasks).toBeGreaterThanOrEqual(8);
    expect(report).toMatchObject({
      cut: false,
      strata: [
        {
          name: 'all',
          classes: {
            alpha: { kind: 'absent', why: 'no-overlap' },
            annotators: expect.arrayContaining([
              expect.objectContaining({ annotator: 'ben' }),
            ]) as unknown,
          },
          boxes: null,
        },
      ],
      predictions: { meanShift: null, difference: null },
    });
    const part = await api.send('GET', '/v1/quality?most=2', { as: 'rita' });
    expect(part.json).toMatchObject({ tasks: 2, cut: true });
    const none = await api.send('GET', '/v1/quality?model=none', { as: 'rita' });
    expect(none.json).toMatchObject({
      tasks: 0,
      secondLooks: { begun: 0, stood: { share: null } },
    });
    const wrong = await api.send('GET', '/v1/quality?most=0', { as: 'rita' });
    expect(wrong).toMatchObject({ status: 400, json: { code: 'input.invalid' } });
  });
});

describe('/v1/second-looks', () => {
  it('shows what the model speaks against, then sends it round again', async () => {
    const server = await startTestServer();
    try {
      const odd = await labelledByModel(server);
      const look = (body: unknown, key: string) =>
        server.send('POST', '/v1/second-looks', {
          as: 'rita',
          body,
          headers: { 'idempotency-key': key },
        });
      const shown = quality.secondLooks.parse((await look({ dryRun: true }, 'show')).json);
      expect(shown).toMatchObject({ checked: 40, settled: 0, sent: 0 });
      expect(shown.suspects.map(({ task, sent }) => [task, sent])).toEqual([[odd, false]]);
      expect((await server.store.queue.find(taskId(odd)))?.state).toBe('labelled');

      const sent = await look({ limit: 1 }, 'send');
      expect(sent.json).toMatchObject({
        sent: 1,
        suspects: [
          { task: odd, model: 'animals', sent: true, reasons: [{ kind: 'model-disagrees' }] },
        ],
      });
      const task = await server.send('GET', `/v1/tasks/${odd}`, { as: 'rita' });
      const why = [expect.any(String) as unknown];
      expect(task.json).toMatchObject({ state: 'pending', round: 2, secondLook: why });
      expect((await look({ limit: 1 }, 'send')).json).toEqual(sent.json);
      expect((await look({}, 'again')).json).toMatchObject({ checked: 39, sent: 0 });
      expect((await look({ limit: 0 }, 'bad')).status).toBe(400);
    } finally {
      await server.close();
    }
  });
});

describe('/v1/audit/verify', () => {
  it('walks the trails of erased tasks among the others', async () => {
    const server = await startTestServer();
    try {
      const ids = await server.offer(5);
      const order = { by: annotatorId('cora'), reason: 'request 17' };
      await server.store.eraser.erase(ids.slice(0, 2), order, server.clock.now);
      const pages: z.output<typeof verification>[] = [];
      for (let after: string | null = ''; after !== null;) {
        const query: string = after === '' ? '' : `&after=${after}`;
        const answer = await server.send('GET', `/v1/audit/verify?limit=2${query}`, { as: 'rita' });
        pages.push(verification.parse(answer.json));
        after = pages.at(-1)?.next ?? null;
      }
      const sum = (of: 'whole' | 'erased') => pages.reduce((all, page) => all + page[of], 0);
      expect([sum('whole'), sum('erased'), pages.flatMap(({ broken }) => broken)]).toEqual([
        3,
        2,
        [],
      ]);
      expect(pages.map((page) => page.whole + page.erased)).toEqual([2, 2, 1]);
    } finally {
      await server.close();
    }
  });
});

/** Forty labels that the model is sure of, but for one. */
async function labelledByModel(server: TestServer): Promise<string> {
  const contents = Array.from({ length: 40 }, (_, n): TaskContent => {
    const isCat = n % 2 === 0;
    return {
      ...labelledTask({ event: `sure-${n}` }),
      predictions: {
        kind: 'classification',
        classes: ['cat', 'dog'],
        probabilities: isCat ? [0.98, 0.02] : [0.02, 0.98],
      },
    };
  });
  const { now } = server.clock;
  await server.store.queue.offer(
    contents.map((content) => ({ kind: 'task', content })),
    now,
  );
  const odd = contents[6]?.id ?? '';
  const answer = await server.send('POST', '/v1/batches', { as: 'ben', body: { limit: 40 } });
  const { batchId, tasks } = schemas.batch.parse(answer.json);
  for (const { id, fence } of tasks) {
    const isCat = contents.findIndex((one) => one.id === id) % 2 === 0;
    const body = { batchId, fence, label: isCat && id !== odd ? cat : dog };
    const done = await server.send('POST', `/v1/tasks/${id}/labels`, { as: 'ben', body });
    expect(done.status).toBe(200);
  }
  return odd;
}
