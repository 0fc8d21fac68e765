import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWebhookSender, retryAfterMs } from '../../src/adapters/fetch/webhook-sender.js';
import type { WebhookSender } from '../../src/adapters/fetch/webhook-sender.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { batchId } from '../../src/ids.js';
import { deliverDue, keepDelivering } from '../../src/notice/deliver.js';
import type { DeliveryDeps } from '../../src/notice/deliver.js';
import { asOffers, candidate, request, start } from '../conformance/candidate.js';
import { startReceiver } from './receiver.js';
import type { Receiver } from './receiver.js';

const secrets = ['the first secret of two', 'the second secret of two'];
const going = new AbortController().signal;
const minute = 60_000;

describe('webhooks are delivered', () => {
  let folder: string;
  let store: SqliteStore;
  let receiver: Receiver;
  let sender: WebhookSender;
  let now: number;
  let deps: DeliveryDeps;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-webhooks-'));
    store = await openSqliteStore({
      file: join(folder, 'queue.db'),
      subscribers: (event) => (event === 'task.completed' ? ['hook'] : []),
    });
    receiver = await startReceiver();
    sender = openWebhookSender({ allowOrigins: [receiver.origin], timeoutMs: 400 });
    now = start;
    deps = {
      outbox: store.outbox,
      sender,
      endpoints: [{ name: 'hook', url: receiver.url, secrets }],
      now: () => now,
      random: () => 0.5,
      observe: () => undefined,
    };
  });
  afterEach(async () => {
    await sender.close();
    await receiver.close();
    await store.close();
    await rm(folder, { recursive: true });
  });

  async function tellOf(count: number): Promise<void> {
    await store.queue.offer(asOffers(Array.from({ length: count }, (_, n) => candidate(n))), start);
    for (const { id, fence } of await store.queue.lease(request('a', count), start)) {
      const claim = { taskId: id, batchId: batchId('a'), fence };
      const body = { kind: 'class', class: 'cat' } as const;
      await store.queue.complete(claim, { kind: 'label', body, labelSet: 'a@1' }, start);
    }
  }

  const answerWith =
    (status: number, headers: Record<string, string> = {}) =>
    (response: ServerResponse): void =>
      void response.writeHead(status, headers).end();

  it('signed by each secret, with the same id in every try', async () => {
    await tellOf(1);
    receiver.answer = answerWith(500);
    expect(await deliverDue(deps, going)).toMatchObject({ failed: 1, delivered: 0 });
    // Half of the first pause.
    now = start + 2499;
    expect(await deliverDue(deps, going)).toMatchObject({ failed: 0, delivered: 0 });
    now = start + 2500;
    receiver.answer = answerWith(200);
    expect(await deliverDue(deps, going)).toMatchObject({ failed: 0, delivered: 1 });
    expect(await store.outbox.standing()).toEqual([]);

    const [first, second] = receiver.received;
    if (first === undefined || second === undefined) throw new Error('two tries were made');
    expect(first).toMatchObject({ method: 'POST', path: '/hooks?key=1', body: second.body });
    expect(JSON.parse(first.body)).toMatchObject({
      id: first.headers['edgeminer-delivery'],
      event: 'task.completed',
      data: { taskId: candidate(0).id },
    });
    expect(first.headers).toMatchObject({
      'content-type': 'application/json',
      'edgeminer-event': 'task.completed',
    });
    expect(second.headers['edgeminer-delivery']).toBe(first.headers['edgeminer-delivery']);
    for (const [one, at] of [
      [first, start],
      [second, start + 2500],
    ] as const) {
      const t = Math.floor(at / 1000);
      const each = secrets.map(
        (secret) => `v1=${createHmac('sha256', secret).update(`${t}.${one.body}`).digest('hex')}`,
      );
      expect(one.headers['edgeminer-signature']).toBe([`t=${t}`, ...each].join(','));
    }
  });

  it('again after no answer, and after half an answer', async () => {
    await tellOf(1);
    receiver.answer = () => undefined;
    expect(await deliverDue(deps, going)).toMatchObject({ failed: 1 });
    now += minute;
    receiver.answer = (response) => void response.destroy();
    expect(await deliverDue(deps, going)).toMatchObject({ failed: 1 });
    await receiver.close();
    now += minute;
    expect(await deliverDue(deps, going)).toMatchObject({ failed: 1 });
    expect(await store.outbox.standing()).toMatchObject([{ waiting: 1, dead: 0 }]);
  });

  it('where the answer is slow or has no end, once its status is there', async () => {
    await tellOf(2);
    receiver.answer = (response) => void response.writeHead(200).write('so far');
    expect(await deliverDue({ ...deps }, going)).toMatchObject({ delivered: 2 });
    await store.queue.requeue(candidate(0).id, { by: request('a', 1).annotator, reason: 'x' }, now);
    const [again] = await store.queue.lease(request('b', 1), now);
    const claim = { taskId: candidate(0).id, batchId: batchId('b'), fence: again?.fence ?? 0 };
    const body = { kind: 'class', class: 'cat' } as const;
    await store.queue.complete(claim, { kind: 'label', body, labelSet: 'a@1' }, now);
    let written = 0;
    receiver.answer = (response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
      };
      response.writeHead(200).on('drain', pour);
      pour();
    };
    expect(await deliverDue(deps, going)).toMatchObject({ delivered: 1 });
    // What the sockets on both sides hold, and no more: nobody reads it to its end.
    expect(written).toBeLessThan(32 * 1024 * 1024);
  });

  it('to the endpoint alone: redirects are not followed', async () => {
    await tellOf(1);
    const other = await startReceiver();
    receiver.answer = answerWith(307, { location: other.url });
    expect(await deliverDue(deps, going)).toMatchObject({ failed: 1 });
    expect(other.received).toEqual([]);
    await other.close();
  });

  it.each([
    [410, 'dead'],
    [404, 'failed'],
    [401, 'failed'],
  ])('unless the answer is %i: %s', async (status, outcome) => {
    await tellOf(1);
    receiver.answer = answerWith(status);
    expect(await deliverDue(deps, going)).toMatchObject({ [outcome]: 1, delivered: 0 });
    const dead = await store.outbox.dead({});
    if (outcome === 'dead')
      expect(dead).toMatchObject([{ why: expect.stringContaining('410') as string }]);
    else expect(dead).toEqual([]);
  });

  it.each([429, 503])('not before Retry-After has passed, after %i', async (status) => {
    await tellOf(1);
    receiver.answer = answerWith(status, { 'retry-after': '120' });
    await deliverDue(deps, going);
    receiver.answer = answerWith(204);
    now += 2 * minute - 1;
    expect(await deliverDue(deps, going)).toMatchObject({ delivered: 0 });
    now += 1;
    expect(await deliverDue(deps, going)).toMatchObject({ delivered: 1 });
  });

  it('within a day, whatever Retry-After asks for; of other answers it is not looked at', async () => {
    await tellOf(1);
    receiver.answer = answerWith(503, { 'retry-after': '999999999' });
    await deliverDue(deps, going);
    now += 24 * 60 * minute;
    receiver.answer = answerWith(500, { 'retry-after': '999999' });
    expect(await deliverDue(deps, going)).toMatchObject({ failed: 1 });
    now += 5000;
    receiver.answer = answerWith(204);
    expect(await deliverDue(deps, going)).toMatchObject({ delivered: 1 });
    expect(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 0)).toBe(minute);
    expect(retryAfterMs('Thu, 01 Jan 1970 00:01:00 GMT', 2 * minute)).toBe(0);
    expect(retryAfterMs('soon', 0)).toBeUndefined();
    expect(retryAfterMs('-5', 0)).not.toBe(-5000);
  });

  it('17 times, and are dead then, until they are revived', async () => {
    await tellOf(1);
    receiver.answer = answerWith(500);
    const laps = [];
    for (let lap = 0; lap < 20; lap++) {
      laps.push(await deliverDue(deps, going));
      now += 24 * 60 * minute;
    }
    expect(receiver.received).toHaveLength(17);
    expect(laps[16]).toMatchObject({ dead: 1 });
    expect(await store.outbox.dead({})).toMatchObject([
      { failures: 17, why: 'all tries failed; the last: answered 500' },
    ]);
    await store.outbox.revive({}, now);
    receiver.answer = answerWith(204);
    expect(await deliverDue(deps, going)).toMatchObject({ delivered: 1 });
  });

  it('by one of several workers, each once', async () => {
    await tellOf(40);
    const ending = new AbortController();
    const other = await openSqliteStore({ file: join(folder, 'queue.db') });
    const workers = [store, other, store].map(({ outbox }) =>
      keepDelivering({ ...deps, outbox }, ending.signal, () => undefined),
    );
    await receiver.count(40);
    ending.abort();
    await Promise.all(workers);
    await other.close();
    const ids = receiver.received.map(({ headers }) => headers['edgeminer-delivery']);
    expect(new Set(ids).size).toBe(40);
    expect(ids).toHaveLength(40);
    expect(await store.outbox.standing()).toEqual([]);
  });

  it('not to an endpoint that is not configured any more', async () => {
    await tellOf(1);
    expect(await deliverDue({ ...deps, endpoints: [] }, going)).toMatchObject({ dead: 1 });
    expect(await store.outbox.dead({})).toMatchObject([
      { why: 'no endpoint of this name is configured' },
    ]);
  });

  it.each([
    ['an address of this machine', 'http://127.0.0.1:PORT/', undefined],
    ['the same, written oddly', 'http://0x7f.1:PORT/', undefined],
    ['the same of IPv6', 'http://[::ffff:127.0.0.1]:PORT/', undefined],
    ['localhost', 'http://localhost:PORT/', undefined],
    ['a name that leads there', 'http://hooks.example.com:PORT/', '127.0.0.1'],
    ['an inner name', 'http://hooks.internal:PORT/', '127.0.0.1'],
    ['a private address', 'http://hooks.example.com:PORT/', '10.0.0.8'],
    ['the metadata of a cloud', 'http://metadata.example.com/', '169.254.169.254'],
  ])('not to %s, unless it is listed', async (_, url, leadsTo) => {
    const port = new URL(receiver.origin).port;
    const strict = openWebhookSender({
      allowOrigins: [],
      timeoutMs: 400,
      ...(leadsTo === undefined
        ? {}
        : { lookup: (_host, _options, done) => done(null, [{ address: leadsTo, family: 4 }]) }),
    });
    const to = url.replace('PORT', port);
    const answer = await strict.post({ url: to, headers: {}, body: '{}' });
    expect(answer).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('not public') as string,
    });
    expect(await strict.probe(to, going)).toContain('webhooks.allowOrigins');
    expect(receiver.received).toEqual([]);
    await strict.close();
  });

  it('to localhost and inner names that are listed', async () => {
    const port = new URL(receiver.origin).port;
    for (const origin of [`http://localhost:${port}`, `http://hooks.internal:${port}`]) {
      const listed = openWebhookSender({
        allowOrigins: [origin],
        lookup: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
      });
      expect(await listed.probe(`${origin}/x`, going)).toBeUndefined();
      expect(await listed.post({ url: `${origin}/x`, headers: {}, body: '{}' })).toEqual({
        kind: 'answered',
        status: 204,
      });
      await listed.close();
    }
  });
});
