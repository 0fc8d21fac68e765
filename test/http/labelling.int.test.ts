import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import * as schemas from '../../src/http/schemas.js';
import type { TaskId } from '../../src/ids.js';
import { startTestServer } from './test-server.js';
import type { TestServer, Who } from './test-server.js';

const cat = { kind: 'class', class: 'cat' };
const noTask = '0'.repeat(64);

let api: TestServer;

beforeAll(async () => {
  api = await startTestServer();
});

afterAll(async () => {
  await api.close();
});

async function leaseAs(as: Who, limit = 1): Promise<z.output<typeof schemas.batch>> {
  const answer = await api.send('POST', '/v1/batches', { as, body: { limit } });
  expect(answer.status).toBe(200);
  return schemas.batch.parse(answer.json);
}

/** A fresh task, leased by `as` alone. */
async function leaseNew(as: Who = 'ana') {
  const [id] = await api.offer(1);
  const batch = await leaseAs(as, 50);
  const task = batch.tasks.find((one) => one.id === id);
  if (task === undefined) throw new Error('the new task was not leased');
  return { id: task.id, task, claim: { batchId: batch.batchId, fence: task.fence } };
}

async function read(id: TaskId | string): Promise<z.output<typeof schemas.task>> {
  return schemas.task.parse((await api.send('GET', `/v1/tasks/${id}`, { as: 'ana' })).json);
}

describe('batches', () => {
  it('are leased with all that a labelling tool needs', async () => {
    const { task, claim } = await leaseNew();
    expect(task).toMatchObject({
      state: 'leased',
      modelName: 'animals',
      reasons: ['dark'],
      fence: 1,
      lease: { batchId: claim.batchId, annotator: 'ana', expiresAt: '2025-06-01T12:10:00.000Z' },
      labelSet: { name: 'animals', version: 2, kind: 'class', classes: ['cat', 'dog'] },
      image: { href: `/v1/tasks/${task.id}/image`, contentType: 'image/jpeg', width: 640 },
      label: null,
    });
  });

  it('are empty when nothing that matches is free', async () => {
    const body = { limit: 5, model: 'no-such-model' };
    const answer = await api.send('POST', '/v1/batches', { as: 'ana', body });
    expect(answer).toMatchObject({ status: 200, json: { tasks: [] } });
  });

  it('never share a task between annotators', async () => {
    await api.offer(20);
    const batches = await Promise.all(
      Array.from({ length: 8 }, (_, i) => leaseAs(i % 2 === 0 ? 'ana' : 'ben', 3)),
    );
    const leased = batches.flatMap(({ tasks }) => tasks.map(({ id }) => id));
    expect(new Set(leased).size).toBe(leased.length);
  });

  it('are renewed and released by who holds them', async () => {
    const { id, claim } = await leaseNew('ana');
    const path = `/v1/batches/${claim.batchId}`;
    const renewed = await api.send('POST', `${path}/renew`, {
      as: 'ana',
      body: { leaseSeconds: 900 },
    });
    expect(renewed).toMatchObject({
      status: 200,
      json: { batchId: claim.batchId, expiresAt: '2025-06-01T12:15:00.000Z' },
    });
    for (const action of ['renew', 'release']) {
      const foreign = await api.send('POST', `${path}/${action}`, { as: 'ben' });
      expect(foreign).toMatchObject({ status: 404, json: { code: 'batch.not-found' } });
    }
    const some = await api.send('POST', `${path}/release`, { as: 'ana', body: { tasks: [id] } });
    expect(some).toMatchObject({ status: 200, json: { released: 1 } });
    expect((await read(id)).state).toBe('pending');
    expect((await api.send('POST', `${path}/release`, { as: 'ana' })).status).toBe(200);
    const again = await api.send('POST', `${path}/release`, { as: 'ana' });
    expect(again).toMatchObject({ status: 200, json: { released: 0 } });
    const gone = await api.send('POST', `${path}/renew`, { as: 'ana' });
    expect(gone).toMatchObject({ status: 404, json: { code: 'batch.not-found' } });
  });

  it.each([
    [{ limit: 0 }, 'body.limit'],
    [{ limit: 51 }, 'limit'],
    [{ limit: 'many' }, 'body.limit'],
    [{ limit: 1, leaseSeconds: -5 }, 'body.leaseSeconds'],
    [{ limit: 1, leaseSeconds: 1e9 }, 'leaseSeconds'],
    [{ limit: 1, reason: 'boring' }, 'body.reason'],
    [{ limit: 1, modle: 'animals' }, 'body'],
  ])('refuse %j and name the field', async (body, field) => {
    const answer = await api.send('POST', '/v1/batches', { as: 'ana', body });
    expect(answer).toMatchObject({ status: 400, json: { code: 'input.invalid', field } });
    expect(schemas.problem.parse(answer.json).mend).not.toBe('');
  });
});

describe('labels', () => {
  it('end a task, and the same request again is answered the same', async () => {
    const { id, claim } = await leaseNew();
    const request = { as: 'ana', body: { ...claim, label: cat } } as const;
    const first = await api.send('POST', `/v1/tasks/${id}/labels`, request);
    expect(first).toMatchObject({
      status: 200,
      json: { state: 'labelled', label: { body: cat, annotator: 'ana', labelSet: 'animals@2' } },
    });
    const again = await api.send('POST', `/v1/tasks/${id}/labels`, request);
    expect([again.status, again.json]).toEqual([first.status, first.json]);
  });

  it('that come late get 409 and change nothing', async () => {
    const { id, claim } = await leaseNew('ana');
    api.clock.now += 600_000;
    const request = { as: 'ana', body: { ...claim, label: cat } } as const;
    const expired = await api.send('POST', `/v1/tasks/${id}/labels`, request);
    expect(expired).toMatchObject({ status: 409, json: { code: 'lease.lost' } });
    expect(schemas.problem.parse(expired.json).mend).toContain('lease');
    expect(await read(id)).toMatchObject({ state: 'pending', lease: null, label: null });

    const batch = await leaseAs('ben', 50);
    expect(batch.tasks.map((task) => task.id)).toContain(id);
    const before = await read(id);
    const late = await api.send('POST', `/v1/tasks/${id}/labels`, request);
    expect(late).toMatchObject({ status: 409, json: { code: 'lease.lost' } });
    expect(await read(id)).toEqual(before);
  });

  it("are not taken under another annotator's claim", async () => {
    const { id, claim } = await leaseNew('ana');
    const body = { ...claim, label: cat };
    const stolen = await api.send('POST', `/v1/tasks/${id}/labels`, { as: 'ben', body });
    expect(stolen).toMatchObject({ status: 409, json: { code: 'lease.lost' } });
    expect((await read(id)).state).toBe('leased');
  });

  it.each([
    [{ kind: 'class', class: 'boat' }, 'label.class'],
    [{ kind: 'class' }, 'label.class'],
    [{ kind: 'boxes', boxes: [] }, 'label.kind'],
    ['cat', 'label'],
  ])('outside the label set are refused: %j', async (label, field) => {
    const { id, claim } = await leaseNew();
    const body = { ...claim, label };
    const answer = await api.send('POST', `/v1/tasks/${id}/labels`, { as: 'ana', body });
    expect(answer).toMatchObject({ status: 422, json: { code: 'label.invalid', field } });
    expect((await read(id)).state).toBe('leased');
  });

  it('of a model without a label set name the setting', async () => {
    const [id] = await api.offer(1, 'boats');
    const lease = await api.send('POST', '/v1/batches', { as: 'ana', body: { model: 'boats' } });
    const { batchId, tasks } = schemas.batch.parse(lease.json);
    expect(tasks).toMatchObject([{ id, labelSet: null }]);
    const body = { batchId, fence: 1, label: cat };
    const answer = await api.send('POST', `/v1/tasks/${String(id)}/labels`, { as: 'ana', body });
    expect(answer).toMatchObject({
      status: 500,
      json: { code: 'config.invalid', field: 'models[].labelSet' },
    });
  });

  it('may be replaced by a skip with a reason', async () => {
    const { id, claim } = await leaseNew();
    const empty = await api.send('POST', `/v1/tasks/${id}/skip`, {
      as: 'ana',
      body: { ...claim, reason: ' ' },
    });
    expect(empty).toMatchObject({ status: 400, json: { code: 'input.invalid', field: 'reason' } });
    const skipped = await api.send('POST', `/v1/tasks/${id}/skip`, {
      as: 'ana',
      body: { ...claim, reason: 'only fog' },
    });
    expect(skipped).toMatchObject({
      status: 200,
      json: { state: 'pending', skip: null },
    });
  });

  it('of an unknown task are 404', async () => {
    const claim = { batchId: 'some-batch', fence: 1 };
    for (const [action, body] of [
      ['labels', { ...claim, label: cat }],
      ['skip', { ...claim, reason: 'x' }],
    ] as const) {
      const answer = await api.send('POST', `/v1/tasks/${noTask}/${action}`, { as: 'ana', body });
      expect(answer).toMatchObject({ status: 404, json: { code: 'task.not-found' } });
    }
  });
});

describe('tasks', () => {
  it('are listed page by page, each once', async () => {
    await api.offer(7);
    const { byState } = await api.store.queue.stats(api.clock.now);
    const seen: string[] = [];
    let after = '';
    do {
      const answer = await api.send('GET', `/v1/tasks?state=pending&limit=3${after}`, {
        as: 'cora',
      });
      const page = schemas.taskPage.parse(answer.json);
      expect(page.tasks.length).toBeLessThanOrEqual(3);
      seen.push(...page.tasks.map(({ id }) => id));
      after = page.next === null ? '' : `&after=${page.next}`;
    } while (after !== '');
    expect(new Set(seen).size).toBe(byState.pending);
    expect(seen).toHaveLength(byState.pending);
    expect(seen).toEqual(seen.toSorted());
  });

  it.each([
    '?model=nothing',
    '?source=nowhere',
    '?reason=blur',
    '?class=cat',
    '?project=north',
    '?offeredFrom=2100-01-01T00:00:00Z',
    '?occurredTo=2001-01-01T00:00:00%2B02:00',
    '?state=disputed',
  ])('are filtered by %s', async (query) => {
    const answer = await api.send('GET', `/v1/tasks${query}`, { as: 'ana' });
    expect(answer).toMatchObject({ status: 200, json: { tasks: [], next: null } });
  });

  it.each([
    ['?limit=0', 'query.limit'],
    ['?limit=201', 'query.limit'],
    ['?state=done', 'query.state'],
    ['?offeredFrom=soon', 'query.offeredFrom'],
    ['?after=xyz', 'query.after'],
    ['?colour=red', 'query'],
  ])('refuse the query %s', async (query, field) => {
    const answer = await api.send('GET', `/v1/tasks${query}`, { as: 'ana' });
    expect(answer).toMatchObject({ status: 400, json: { code: 'input.invalid', field } });
  });

  it('are 404 where they are not known, 400 where the id is none', async () => {
    for (const path of [`/v1/tasks/${noTask}`, `/v1/tasks/${noTask}/image`]) {
      const answer = await api.send('GET', path, { as: 'ana' });
      expect(answer).toMatchObject({ status: 404, json: { code: 'task.not-found' } });
    }
    const answer = await api.send('GET', '/v1/tasks/..%2f..%2fetc', { as: 'ana' });
    expect(answer).toMatchObject({ status: 400, json: { field: 'params.id' } });
  });

  it('give their picture as it came, to be cached for ever', async () => {
    const [id] = await api.offer(1);
    const path = `/v1/tasks/${String(id)}/image`;
    const answer = await api.send('GET', path, { as: 'ana' });
    expect(answer.status).toBe(200);
    const hash = createHash('sha256').update(answer.bytes).digest('hex');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': String(answer.bytes.byteLength),
      etag: `"${hash}"`,
      'cache-control': 'private, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    for (const tag of [`"${hash}"`, `"other", W/"${hash}"`, '*']) {
      const headers = { 'if-none-match': tag };
      const unchanged = await api.send('GET', path, { as: 'ana', headers });
      expect([unchanged.status, unchanged.bytes.byteLength]).toEqual([304, 0]);
    }
    const other = await api.send('GET', path, {
      as: 'ana',
      headers: { 'if-none-match': '"other"' },
    });
    expect(other.status).toBe(200);
    const head = await api.send('HEAD', path, { as: 'ana' });
    expect([head.status, head.bytes.byteLength]).toEqual([200, 0]);
    expect(head.headers.get('etag')).toBe(`"${hash}"`);
  });

  it('are counted', async () => {
    const answer = await api.send('GET', '/v1/stats', { as: 'cora' });
    const stats = schemas.stats.parse(answer.json);
    expect(stats.byModel['animals']).toBeGreaterThan(0);
    expect(stats.byReason.dark).toBeGreaterThan(0);
    expect(stats.oldestPendingAt).toMatch(/^2025-06-01T/u);
  });
});
