import { afterEach, expect, it } from 'vitest';
import { connectKafka } from '../../../src/adapters/kafka/connect-kafka.js';
import { configSchema } from '../../../src/config/schema.js';
import { eventMapOf } from '../../../src/config/event-settings.js';
import { readMapped } from '../../../src/event/event-reader.js';
import type { Delivery } from '../../../src/event/event-source.js';
import { kserveTypes } from '../../../src/event/kserve.js';
import { pairRequestsWithResponses } from '../../../src/mine/pair-requests.js';
import { describeWith } from '../../services/describe-with.js';
import { take, testTopics } from './topics.js';
import type { TestTopics } from './topics.js';

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});

function half(
  role: 'request' | 'response',
  id: string,
  data: object,
  mode: 'binary' | 'structured',
) {
  const attributes = {
    specversion: '1.0',
    id,
    type: kserveTypes[role],
    source: 'http://pets-predictor',
    time: '2026-03-01T12:00:00Z',
    inferenceservicename: 'pets',
  };
  if (mode === 'structured') {
    return { key: id, value: JSON.stringify({ ...attributes, data }) };
  }
  const headers = Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value]),
  );
  return { key: id, value: JSON.stringify(data), headers };
}

const request = (id: string, mode: 'binary' | 'structured') =>
  half('request', id, { instances: [{ url: `https://images.example.com/${id}.jpg` }] }, mode);
const response = (id: string, mode: 'binary' | 'structured') =>
  half('response', id, { predictions: [[0.8, 0.2]] }, mode);

describeWith(['kafka'], "KServe's requests and responses", (services) => {
  const { events } = configSchema.parse({
    events: {
      format: 'kserve',
      map: {
        modelVersion: { const: '3' },
        image: { uri: 'instance.url' },
        predictions: { classes: ['cat', 'dog'], probabilities: 'prediction' },
      },
    },
  });
  if (events.format !== 'kserve') throw new Error('not the format');
  const reader = readMapped(eventMapOf(events.map));

  const sourceOf = ({ settings }: TestTopics, maxAgeMs: number) => {
    const connection = connectKafka(settings);
    open.push(connection);
    const alone: string[] = [];
    const source = pairRequestsWithResponses(connection.openEventSource(), {
      reader,
      limits: { maxCount: 100, maxBytes: 1e6, maxAgeMs },
      now: () => performance.now(),
      onAlone: (id) => alone.push(id),
    });
    return { source, alone };
  };
  const eventOf = async (delivery: Delivery) => {
    const reading = await delivery.read();
    if (reading.kind === 'unreadable') throw reading.fault;
    return reading.event;
  };

  it('are joined in both modes, and come again whole after a crash between them', async () => {
    const topics = await testTopics(services().kafka.brokers, { partitions: 2 });
    open.push(topics);
    await topics.write([
      { ...request('a', 'binary'), partition: 0 },
      { ...response('b', 'structured'), partition: 0 },
      { ...request('waits', 'binary'), partition: 1 },
    ]);
    // This one ends with only one half of each: nothing is committed.
    const first = sourceOf(topics, 60_000);
    const asked = first.source.deliveries(never)[Symbol.asyncIterator]().next();
    await expect.poll(() => first.source.backlog().length).toBe(2);
    await first.source.close();
    expect(await asked).toMatchObject({ done: true });

    await topics.write([
      { ...response('a', 'binary'), partition: 1 },
      { ...request('b', 'structured'), partition: 1 },
    ]);
    const second = sourceOf(topics, 60_000);
    const iterator = second.source.deliveries(never)[Symbol.asyncIterator]();
    const pairs = await take(iterator, 2);
    const found = await Promise.all(pairs.map(eventOf));
    expect(found.map(({ eventId }) => eventId as string).sort()).toEqual(['a', 'b']);
    expect(found[0]).toMatchObject({
      modelName: 'pets',
      predictions: { classes: ['cat', 'dog'], probabilities: [0.8, 0.2] },
    });
    for (const pair of pairs) pair.acknowledge();
    await second.source.close();
    // The one that waits holds its partition's offset.
    expect(await topics.committed()).toEqual({ 0: 2, 1: -1 });
  });

  it('are let go when the other half does not come', async () => {
    const topics = await testTopics(services().kafka.brokers);
    open.push(topics);
    await topics.write([request('lonely', 'binary'), response('orphan', 'binary')]);
    const { source, alone } = sourceOf(topics, 50);
    const deliveries = await take(source.deliveries(never)[Symbol.asyncIterator](), 2);
    const [lonely, orphan] = deliveries;
    expect(await eventOf(lonely)).toMatchObject({
      eventId: 'lonely',
      predictions: { kind: 'none' },
    });
    expect(await orphan?.read()).toMatchObject({ fault: { code: 'event.unpaired' } });
    expect(orphan?.raw?.value?.toString()).toBe(response('orphan', 'binary').value);
    expect(alone).toEqual(['lonely']);
    for (const delivery of deliveries) delivery.acknowledge();
    await source.close();
    expect(await topics.committed()).toEqual({ 0: 2 });
  });
});
