import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as reviewSchemas from '../../src/http/review-schemas.js';
import * as schemas from '../../src/http/schemas.js';
import { defaultRules } from '../../src/queue/rules.js';
import { startTestServer } from './test-server.js';
import type { TestServer, Who } from './test-server.js';

const cat = { kind: 'class', class: 'cat' };
const dog = { kind: 'class', class: 'dog' };

let api: TestServer;

beforeAll(async () => {
  api = await startTestServer({ rules: { ...defaultRules, overlapOf: () => 2 } });
});

afterAll(async () => {
  await api.close();
});

/** Labels the only task that is free. */
async function label(as: Who, body: unknown): Promise<string> {
  const leased = await api.send('POST', '/v1/batches', { as, body: { limit: 1 } });
  const { batchId, tasks } = schemas.batch.parse(leased.json);
  const [task] = tasks;
  if (task === undefined) throw new Error('nothing is free');
  const sent = { batchId, fence: task.fence, label: body };
  const answer = await api.send('POST', `/v1/tasks/${task.id}/labels`, { as, body: sent });
  expect(answer.status).toBe(200);
  return task.id;
}

async function disputed(): Promise<string> {
  await api.offer(1);
  await label('ana', cat);
  return label('ben', dog);
}

async function read(id: string, as: Who) {
  const answer = await api.send('GET', `/v1/tasks/${id}`, { as });
  return { task: schemas.task.parse(answer.json), tag: answer.headers.get('etag') ?? '' };
}

const post = (id: string, verb: string, body: unknown, headers: Record<string, string> = {}) =>
  api.send('POST', `/v1/tasks/${id}/${verb}`, { as: 'rita', body, headers });

describe('adjudication', () => {
  it('shows opinions on an open task to reviewers only, and is theirs alone', async () => {
    const id = await disputed();
    const { task } = await read(id, 'rita');
    expect(task).toMatchObject({
      state: 'disputed',
      opinions: [
        { annotator: 'ana', body: cat },
        { annotator: 'ben', body: dog },
      ],
    });
    for (const as of ['ana', 'ben', 'cora'] as const) {
      expect((await read(id, as)).task).toMatchObject({ state: 'disputed', opinions: [] });
    }
    const list = await api.send('GET', '/v1/tasks?state=disputed', { as: 'ana' });
    expect(schemas.taskPage.parse(list.json).tasks.flatMap(({ opinions }) => opinions)).toEqual([]);

    const bad = await post(id, 'adjudicate', { label: { kind: 'class', class: 'boat' } });
    expect(bad).toMatchObject({ status: 422, json: { code: 'label.invalid' } });
    const decided = await post(id, 'adjudicate', { label: dog });
    expect(decided).toMatchObject({
      status: 200,
      json: {
        state: 'labelled',
        label: { body: dog, annotator: 'rita', settledBy: 'adjudication' },
      },
    });
    expect((await read(id, 'ana')).task.opinions).toHaveLength(2);
    expect((await post(id, 'adjudicate', { label: dog })).status).toBe(200);
    const other = await post(id, 'adjudicate', { label: cat });
    expect(other).toMatchObject({ status: 409, json: { code: 'task.wrong-state' } });
  });

  it('hides the opinions again when the task begins a new round', async () => {
    const id = await disputed();
    expect((await post(id, 'requeue', { reason: 'the guideline changed' })).status).toBe(200);
    expect((await read(id, 'ana')).task).toMatchObject({
      state: 'pending',
      round: 2,
      opinions: [],
    });
    expect((await read(id, 'rita')).task.opinions).toHaveLength(2);
    expect((await post(id, 'cancel', { reason: 'out of focus' })).json).toMatchObject({
      state: 'cancelled',
    });
    const again = await post(id, 'cancel', { reason: 'out of focus' });
    expect(again).toMatchObject({ status: 200, json: { state: 'cancelled' } });
  });

  it.each([
    ['requeue', { reason: ' ' }, 400, 'input.invalid'],
    ['requeue', { reason: 'x'.repeat(501) }, 400, 'input.invalid'],
    ['cancel', {}, 400, 'input.invalid'],
    ['cancel', { reason: 'x', force: true }, 400, 'input.invalid'],
    ['adjudicate', { label: cat, by: 'ada' }, 400, 'input.invalid'],
  ])('refuses %s with %j', async (verb, body, status, code) => {
    const [id = ''] = await api.offer(1);
    expect(await post(id, verb, body)).toMatchObject({ status, json: { code } });
    await post(id, 'cancel', { reason: 'of no more use' });
  });

  it.each(['adjudicate', 'requeue', 'cancel'])(
    'knows no task to %s that is not there',
    async (verb) => {
      const body = verb === 'adjudicate' ? { label: cat } : { reason: 'x' };
      const answer = await post('0'.repeat(64), verb, body);
      expect(answer).toMatchObject({ status: 404, json: { code: 'task.not-found' } });
    },
  );
});

describe('ETags of tasks', () => {
  it('answer 304 while the task is the same, and are other ones for other eyes', async () => {
    const id = await disputed();
    const { tag } = await read(id, 'rita');
    expect(tag).toMatch(/^"[0-9a-f]{16}\.[0-9a-f]{16}"$/u);
    const path = `/v1/tasks/${id}`;
    for (const value of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const headers = { 'if-none-match': value };
      const same = await api.send('GET', path, { as: 'rita', headers });
      expect(same).toMatchObject({ status: 304 });
      expect(same.headers.get('etag')).toBe(tag);
      expect(same.bytes).toHaveLength(0);
    }
    expect((await read(id, 'ana')).tag).not.toBe(tag);
    await post(id, 'cancel', { reason: 'x' });
    const headers = { 'if-none-match': tag };
    expect((await api.send('GET', path, { as: 'rita', headers })).status).toBe(200);
  });

  it('let a change through only to the task that was read', async () => {
    const id = await disputed();
    const { tag } = await read(id, 'rita');
    const order = { reason: 'once more' };
    const wrong = await post(id, 'requeue', order, { 'if-match': '"0000000000000000.0"' });
    expect(wrong).toMatchObject({ status: 412, json: { code: 'task.changed', field: 'If-Match' } });
    expect((await read(id, 'rita')).task.state).toBe('disputed');
    const right = await post(id, 'requeue', order, { 'if-match': `"x", ${tag}` });
    expect(right).toMatchObject({ status: 200, json: { state: 'pending', round: 2 } });
    expect(right.headers.get('etag')).toBe((await read(id, 'rita')).tag);
    const late = await post(id, 'cancel', order, { 'if-match': tag });
    expect(late).toMatchObject({ status: 412 });
    const next = right.headers.get('etag') ?? '';
    expect((await post(id, 'cancel', order, { 'if-match': next })).status).toBe(200);
    expect((await post(id, 'requeue', order, { 'if-match': '*' })).status).toBe(200);
    await post(id, 'cancel', order);
  });

  it('let one of many reviewers decide, who all read the same', async () => {
    const id = await disputed();
    const { tag } = await read(id, 'rita');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        post(id, 'adjudicate', { label: n % 2 === 0 ? cat : dog }, { 'if-match': tag }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(7);
  });

  it('guard labels and skips too', async () => {
    const [id = ''] = await api.offer(1);
    const leased = await api.send('POST', '/v1/batches', { as: 'ana', body: { limit: 1 } });
    const { batchId, tasks } = schemas.batch.parse(leased.json);
    const { tag } = await read(id, 'ana');
    const claim = { batchId, fence: tasks[0]?.fence };
    const send = (verb: string, more: object, ifMatch: string) =>
      api.send('POST', `/v1/tasks/${id}/${verb}`, {
        as: 'ana',
        body: { ...claim, ...more },
        headers: { 'if-match': ifMatch },
      });
    expect((await send('labels', { label: cat }, '"other"')).status).toBe(412);
    expect((await send('skip', { reason: 'fog' }, '"other"')).status).toBe(412);
    const done = await send('labels', { label: cat }, tag);
    expect(done.status).toBe(200);
    expect(done.headers.get('etag')).toBe((await read(id, 'ana')).tag);
    await post(id, 'cancel', { reason: 'x' });
  });
});

describe('oversight', () => {
  it('tells who holds what, page by page', async () => {
    await api.offer(3);
    const held: string[] = [];
    for (const as of ['ben', 'ana', 'ana'] as const) {
      const leased = await api.send('POST', '/v1/batches', { as, body: { limit: 1 } });
      held.push(schemas.batch.parse(leased.json).batchId);
    }
    const all = await api.send('GET', '/v1/holdings', { as: 'rita' });
    const { holdings, next } = reviewSchemas.holdingsPage.parse(all.json);
    expect(next).toBeNull();
    expect(holdings.map(({ annotator }) => annotator)).toEqual(['ana', 'ana', 'ben']);
    expect(holdings.map(({ batchId }) => batchId).toSorted()).toEqual(held.toSorted());
    expect(holdings[0]).toMatchObject({
      tasks: 1,
      since: '2025-06-01T12:00:00.000Z',
      expiresAt: '2025-06-01T12:10:00.000Z',
    });
    const walked = [];
    let after = '';
    do {
      const page = await api.send('GET', `/v1/holdings?limit=1${after}`, { as: 'rita' });
      const parsed = reviewSchemas.holdingsPage.parse(page.json);
      walked.push(...parsed.holdings);
      // What was seen may go in the middle of the walk.
      await api.send('POST', `/v1/batches/${parsed.holdings[0]?.batchId ?? ''}/release`, {
        as: parsed.holdings[0]?.annotator === 'ben' ? 'ben' : 'ana',
      });
      after = parsed.next === null ? '' : `&after=${parsed.next}`;
    } while (after !== '');
    expect(walked).toEqual(holdings);
  });

  it('shows the audit trail of a task, page by page', async () => {
    const id = await disputed();
    await post(id, 'requeue', { reason: 'the guideline changed' });
    const path = `/v1/tasks/${id}/audit`;
    const whole = await api.send('GET', path, { as: 'rita' });
    const { entries, next, verdict } = reviewSchemas.auditPage.parse(whole.json);
    expect(verdict).toEqual({ kind: 'whole' });
    expect(next).toBeNull();
    const told = entries.map(({ who, action }) => `${who} ${action}`);
    expect(told[0]).toBe('edgeminer offer');
    expect(told.slice(-5)).toEqual([
      'ana lease',
      'ana label',
      'ben lease',
      'ben label',
      'rita requeue',
    ]);
    const first = reviewSchemas.auditPage.parse(
      (await api.send('GET', `${path}?limit=4`, { as: 'rita' })).json,
    );
    expect(first.next).toBe(4);
    const rest = await api.send('GET', `${path}?limit=4&after=4`, { as: 'rita' });
    expect([...first.entries, ...reviewSchemas.auditPage.parse(rest.json).entries]).toEqual(
      entries,
    );
    expect((await api.send('GET', path, { as: 'ana' })).status).toBe(403);
  });

  it('verifies all chains, page by page', async () => {
    let checked = 0;
    let after = '';
    do {
      const answer = await api.send('GET', `/v1/audit/verify?limit=3${after}`, { as: 'rita' });
      const page = reviewSchemas.verification.parse(answer.json);
      expect(page.broken).toEqual([]);
      checked += page.whole;
      after = page.next === null ? '' : `&after=${page.next}`;
    } while (after !== '');
    const { byState } = await api.store.queue.stats(api.clock.now);
    expect(checked).toBe(Object.values(byState).reduce((sum, n) => sum + n, 0));
  });
});
