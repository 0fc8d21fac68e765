import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { connectKafka } from '../../../src/adapters/kafka/connect-kafka.js';
import type { KafkaConnection } from '../../../src/adapters/kafka/connect-kafka.js';
import type { KafkaSettings } from '../../../src/adapters/kafka/kafka-settings.js';
import type { Delivery } from '../../../src/event/event-source.js';
import { describeWith } from '../../services/describe-with.js';
import { jsonEvent, take, testTopics } from './topics.js';
import type { TestTopics } from './topics.js';

const never = new AbortController().signal;
const patient = { timeout: 30_000, interval: 100 };
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

function opened<T extends { close(): Promise<void> }>(resource: T): T {
  open.push(resource);
  return resource;
}

function connection(settings: KafkaSettings): KafkaConnection {
  return opened(connectKafka(settings));
}

function numbered(count: number, partition = 0) {
  return [...Array(count).keys()].map((index) => ({
    value: jsonEvent(`p${partition}-${index}`),
    partition,
  }));
}

async function idOf(delivery: Delivery): Promise<string> {
  const reading = await delivery.read();
  if (reading.kind === 'unreadable') throw reading.fault;
  return reading.event.eventId;
}

describeWith(['kafka'], 'the Kafka event source', (services) => {
  const topics = async (partitions = 1): Promise<TestTopics> =>
    opened(await testTopics(services().kafka.brokers, { partitions }));

  it('delivers in order, with the origin and the record as it came', async () => {
    const { settings, write } = await topics();
    await write([
      { key: 'gate-7', value: jsonEvent('a'), headers: { trace: 'x' } },
      { value: jsonEvent('b') },
    ]);
    const iterator = connection(settings).openEventSource().deliveries(never);
    const [first, second] = await take(iterator[Symbol.asyncIterator](), 2);
    expect(first.origin).toEqual({ stream: settings.topics.events, partition: 0, offset: '0' });
    expect(String(first.raw?.key)).toBe('gate-7');
    expect(String(first.raw?.headers['trace'])).toBe('x');
    expect(second?.raw?.key).toBeNull();
    expect(await idOf(first)).toBe('a');
    expect(first.revoked).toBe(false);
  });

  it('commits the contiguous prefix on close, and delivers the rest to the next member', async () => {
    const { settings, write, committed } = await topics();
    await write(numbered(10));
    const source = connection(settings).openEventSource();
    const deliveries = await take(source.deliveries(never)[Symbol.asyncIterator](), 10);
    for (const index of [4, 1, 0, 2, 5, 9]) deliveries[index]?.acknowledge();
    await source.close();
    await source.close();
    expect(await committed()).toEqual({ 0: 3 });

    const next = connection(settings).openEventSource();
    const again = await take(next.deliveries(never)[Symbol.asyncIterator](), 7);
    expect(again.map(({ origin }) => origin.offset)).toEqual(['3', '4', '5', '6', '7', '8', '9']);
    for (const delivery of again) delivery.acknowledge();
    await next.close();
    expect(await committed()).toEqual({ 0: 10 });
  });

  it('commits while a batch is still open', async () => {
    const { settings, write, committed } = await topics();
    await write(numbered(10));
    const source = connection(settings).openEventSource();
    const deliveries = await take(source.deliveries(never)[Symbol.asyncIterator](), 10);
    for (const delivery of deliveries.slice(0, 5)) delivery.acknowledge();
    await vi.waitFor(async () => expect(await committed()).toEqual({ 0: 5 }), patient);
  });

  it('hands out no more than its limit until something is acknowledged', async () => {
    const { settings, write } = await topics(2);
    await write([...numbered(10, 0), ...numbered(10, 1)]);
    const source = connection(settings).openEventSource({
      limits: { maxCount: 5, maxBytes: 1024 * 1024 },
    });
    const iterator = source.deliveries(never)[Symbol.asyncIterator]();
    const [first] = await take(iterator, 5);
    let sixth: Delivery | undefined;
    const pending = take(iterator, 1).then(([delivery]) => {
      sixth = delivery;
    });
    await delay(1500);
    expect(sixth).toBeUndefined();
    first.acknowledge();
    first.acknowledge();
    await pending;
    expect(sixth).toBeDefined();
  });

  it('goes on fetching and handing out while one record takes long', async () => {
    const { settings, write, committed } = await topics();
    const records = 30;
    for (const record of numbered(records)) {
      // Several fetches' worth.
      await write([{ ...record, headers: { filling: Buffer.alloc(900 * 1024) } }]);
    }
    const source = connection(settings).openEventSource({
      limits: { maxCount: 5, maxBytes: 1024 * 1024 },
    });
    const iterator = source.deliveries(never)[Symbol.asyncIterator]();
    const [slow] = await take(iterator, 1);
    for (let index = 1; index < records; index += 1) {
      const [delivery] = await take(iterator, 1);
      expect(delivery.origin.offset).toBe(String(index));
      delivery.acknowledge();
    }
    expect(source.backlog()).toMatchObject([{ partition: 0, lag: records }]);
    expect(source.backlog()[0]?.oldestMs).toBeGreaterThan(0);
    slow.acknowledge();
    expect(source.backlog()).toMatchObject([{ partition: 0, lag: 0, oldestMs: 0 }]);
    await source.close();
    expect(await committed()).toEqual({ 0: records });
  });

  it('ends soon after the signal aborts, and takes acknowledgements until it is closed', async () => {
    const { settings, write, committed } = await topics();
    await write(numbered(3));
    const source = connection(settings).openEventSource();
    const ending = new AbortController();
    const iterator = source.deliveries(ending.signal)[Symbol.asyncIterator]();
    const deliveries = await take(iterator, 2);
    ending.abort();
    expect(await iterator.next()).toMatchObject({ done: true });
    for (const delivery of deliveries) delivery.acknowledge();
    await source.close();
    expect(await committed()).toEqual({ 0: 2 });
  });

  it('shares the partitions among the members of its group', async () => {
    const { settings, write, members, committed } = await topics(2);
    const ending = new AbortController();
    const sources = [connection(settings), connection(settings)].map((c) => c.openEventSource());
    const seen = sources.map(async (source) => {
      const ids: string[] = [];
      for await (const delivery of source.deliveries(ending.signal)) {
        ids.push(await idOf(delivery));
        delivery.acknowledge();
      }
      return ids;
    });
    await vi.waitFor(async () => expect(await members()).toBe(2), patient);
    await write([...numbered(20, 0), ...numbered(20, 1)]);
    await vi.waitFor(async () => expect(await committed()).toEqual({ 0: 20, 1: 20 }), patient);
    ending.abort();
    const [one = [], other = []] = await Promise.all(seen);
    expect(one).toHaveLength(20);
    expect(other).toHaveLength(20);
    expect(new Set([...one, ...other]).size).toBe(40);
  });

  it('revokes what is out at a rebalance, and it is delivered again', async () => {
    const { settings, write, committed } = await topics(2);
    await write([...numbered(3, 0), ...numbered(3, 1)]);
    const [first, second] = [connection(settings), connection(settings)].map((c) =>
      c.openEventSource().deliveries(never)[Symbol.asyncIterator](),
    );
    if (first === undefined || second === undefined) throw new Error('no sources');
    const held = await take(first, 6);
    for (const { origin, acknowledge } of held) if (origin.offset === '0') acknowledge();
    const again = take(second, 2);
    await vi.waitFor(
      () =>
        expect(held.filter(({ origin }) => origin.offset !== '0').every((d) => d.revoked)).toBe(
          true,
        ),
      patient,
    );
    // Too late: these belong to whoever has the partition now.
    for (const delivery of held) delivery.acknowledge();
    const all = [...(await again), ...(await take(first, 2))];
    expect(all.map(({ origin }) => `${origin.partition}/${origin.offset}`).sort()).toEqual([
      '0/1',
      '0/2',
      '1/1',
      '1/2',
    ]);
    expect(await committed()).toEqual({ 0: 1, 1: 1 });
  });

  it('ends at the end of what was there, when told to', async () => {
    const { settings, write, committed } = await topics(3);
    await write([...numbered(5, 0), ...numbered(5, 2)]);
    const source = connection(settings).openEventSource({ untilEnd: true });
    let count = 0;
    for await (const delivery of source.deliveries(never)) {
      count += 1;
      delivery.acknowledge();
    }
    await source.close();
    expect(count).toBe(10);
    expect(await committed()).toMatchObject({ 0: 5, 2: 5 });

    const again = connection(settings).openEventSource({ untilEnd: true });
    for await (const delivery of again.deliveries(never)) throw new Error(delivery.origin.offset);
  });

  it('refuses a topic that is not there', async () => {
    const { settings } = await topics();
    const wrong = { ...settings, topics: { ...settings.topics, events: 'no-such-topic' } };
    const iterator = connection(wrong).openEventSource().deliveries(never)[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({
      code: 'input.not-found',
      field: 'kafka.topics.events',
    });
  });

  it('waits for brokers that are away, and closes while it waits', async () => {
    const { settings, write } = await topics();
    await write(numbered(1));
    const [host = '', port = ''] = (settings.brokers[0] ?? '').split(':');
    const sockets = new Set<Socket>();
    const gate = createServer((socket) => {
      const upstream = connect(Number(port), host);
      for (const end of [socket, upstream]) {
        sockets.add(end);
        end.on('error', () => undefined).on('close', () => sockets.delete(end));
      }
      socket.pipe(upstream).pipe(socket);
    });
    await once(gate.listen(0, '127.0.0.1'), 'listening');
    const address = gate.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    gate.close();
    await once(gate, 'close');

    const lost: string[] = [];
    const away = connectKafka({
      ...settings,
      brokers: [`127.0.0.1:${address.port}`],
      log: (_level, message) => lost.push(message),
    });
    opened(away);
    const iterator = away.openEventSource().deliveries(never)[Symbol.asyncIterator]();
    const first = take(iterator, 1);
    await vi.waitFor(
      () => expect(lost).toContain('lost Kafka; joining the consumer group again'),
      patient,
    );
    gate.listen(address.port, '127.0.0.1');
    try {
      expect(await idOf((await first)[0])).toBe('p0-0');
    } finally {
      await away.close();
      gate.close();
      for (const socket of sockets) socket.destroy();
    }

    const idle = connection({ ...settings, brokers: [`127.0.0.1:${address.port}`] });
    const pending = idle.openEventSource().deliveries(never)[Symbol.asyncIterator]().next();
    await idle.close();
    expect(await pending).toMatchObject({ done: true });
  });
});
