import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as schemas from '../../src/http/schemas.js';
import { EdgeminerError } from '../../src/faults.js';
import { startTestServer } from './test-server.js';
import type { TestServer, Who } from './test-server.js';

let api: TestServer;

beforeAll(async () => {
  api = await startTestServer();
});

afterAll(async () => {
  await api.close();
});

let keys = 0;
const newKey = () => `key-${keys++}`;

function lease(key: string | undefined, body: unknown = { limit: 2 }, as: Who = 'ana') {
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  return api.send('POST', '/v1/batches', { as, body, headers });
}

describe('a lease with an Idempotency-Key', () => {
  it('is made once, and answered the same every time', async () => {
    await api.offer(6);
    const key = newKey();
    const first = await lease(key);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const again = await lease(key);
    expect(again).toMatchObject({ status: 200, json: first.json });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
    const batch = schemas.batch.parse(first.json);
    expect(batch.tasks).toHaveLength(2);
    // As it was then, whatever has become of it.
    await api.send('POST', `/v1/batches/${batch.batchId}/release`, { as: 'ana' });
    expect((await lease(key)).json).toEqual(first.json);
    const other = schemas.batch.parse((await lease(newKey())).json);
    expect(other.batchId).not.toBe(batch.batchId);
  });

  it('is made once, however many send it at once', async () => {
    await api.offer(20);
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 12 }, () => lease(key)));
    const done = answers.filter(({ status }) => status === 200);
    const others = answers.filter(({ status }) => status !== 200);
    expect(new Set(done.map(({ json }) => schemas.batch.parse(json).batchId)).size).toBe(1);
    for (const answer of others) {
      expect(answer).toMatchObject({ status: 409, json: { code: 'request.running' } });
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect((await lease(key)).json).toEqual(done[0]?.json);
    await api.send('POST', `/v1/batches/${schemas.batch.parse(done[0]?.json).batchId}/release`, {
      as: 'ana',
    });
  });

  it('is refused with another body, and is another one of another person', async () => {
    const key = newKey();
    const first = await lease(key);
    expect(await lease(key, { limit: 3 })).toMatchObject({
      status: 422,
      json: { code: 'request.other-before' },
    });
    const theirs = await lease(key, { limit: 2 }, 'ben');
    expect(theirs.headers.get('idempotency-replayed')).toBeNull();
    expect(schemas.batch.parse(theirs.json).batchId).not.toBe(
      schemas.batch.parse(first.json).batchId,
    );
  });

  it('may be sent again mended, after it was refused', async () => {
    const key = newKey();
    expect((await lease(key, { limit: 1000 })).status).toBe(400);
    expect((await lease(key, { limit: 1 })).status).toBe(200);
  });

  it('is a new one after a day', async () => {
    const key = newKey();
    const first = await lease(key, { limit: 1 });
    api.clock.now += 24 * 3600 * 1000;
    const later = await lease(key, { limit: 1 });
    expect(later.headers.get('idempotency-replayed')).toBeNull();
    expect(later.json).not.toEqual(first.json);
  });

  it.each(['', ' ', 'x'.repeat(201), 'a b'])('is refused with the key %j', async (key) => {
    const answer = await lease(key);
    // An empty header is none at all to fetch.
    if (key.trim() === '') expect([200, 400]).toContain(answer.status);
    else expect(answer).toMatchObject({ status: 400, json: { code: 'input.invalid' } });
  });

  it('is looked at only once the sender is known', async () => {
    const headers = { 'idempotency-key': newKey() };
    const answer = await api.send('POST', '/v1/batches', { body: { limit: 1 }, headers });
    expect(answer.status).toBe(401);
  });
});

describe('a try that failed half-way', () => {
  it('is done again under the same batch id: what it leased is found again', async () => {
    const headers = { 'idempotency-key': 'k' };
    let failures = 1;
    const server = await startTestServer({
      // As a process leaves it that died after the lease, before it could answer.
      answersBy: (answers) => ({
        ...answers,
        end: (owner, outcome) => answers.end(owner, failures-- > 0 ? { kind: 'failed' } : outcome),
      }),
    });
    try {
      await server.offer(4);
      const send = () =>
        server.send('POST', '/v1/batches', { as: 'ana', body: { limit: 2 }, headers });
      const first = schemas.batch.parse((await send()).json);
      const again = await send();
      expect(again.headers.get('idempotency-replayed')).toBeNull();
      expect(schemas.batch.parse(again.json)).toMatchObject({
        batchId: first.batchId,
        tasks: first.tasks.map(({ id }) => ({ id })),
      });
      expect((await server.store.queue.stats(server.clock.now)).byState.leased).toBe(2);
      expect((await send()).headers.get('idempotency-replayed')).toBe('true');
    } finally {
      await server.close();
    }
  });
});

describe('a snapshot with an Idempotency-Key', () => {
  it('is answered 201 again, and is tried again after the server failed', async () => {
    const headers = { 'idempotency-key': 'snapshot' };
    const body = { name: 'june' };
    let tries = 0;
    const server = await startTestServer({
      curate: async () => {
        tries += 1;
        throw new EdgeminerError('store.unavailable', 'gone');
      },
    });
    try {
      const sent = { as: 'cora', body, headers } as const;
      expect((await server.send('POST', '/v1/curated-sets', sent)).status).toBe(503);
      expect((await server.send('POST', '/v1/curated-sets', sent)).status).toBe(503);
      expect(tries).toBe(2);
    } finally {
      await server.close();
    }

    const [id = ''] = await api.offer(1);
    const batch = schemas.batch.parse((await lease(undefined, { limit: 50 })).json);
    const fence = batch.tasks.find((task) => task.id === id)?.fence;
    const label = { kind: 'class', class: 'cat' };
    await api.send('POST', `/v1/tasks/${id}/labels`, {
      as: 'ana',
      body: { batchId: batch.batchId, fence, label },
    });
    const made = await api.send('POST', '/v1/curated-sets', { as: 'cora', body, headers });
    expect(made.status).toBe(201);
    const again = await api.send('POST', '/v1/curated-sets', { as: 'cora', body, headers });
    expect(again).toMatchObject({ status: 201, json: made.json });
    expect(again.headers.get('location')).toBe(made.headers.get('location'));
    const bare = await api.send('POST', '/v1/curated-sets', { as: 'cora', body });
    expect(bare).toMatchObject({ status: 200, json: { outcome: 'known' } });
  });
});
