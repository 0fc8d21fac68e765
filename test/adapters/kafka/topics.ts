import { randomBytes } from 'node:crypto';
import kafkajs from 'kafkajs';
import type { Admin, Consumer, IHeaders, Message, Producer } from 'kafkajs';
import type { KafkaSettings } from '../../../src/adapters/kafka/kafka-settings.js';
import type { Delivery } from '../../../src/event/event-source.js';
import { createTopics } from '../../services/create-topics.js';

/** Topics and a group of a test's own, and a plain client that stands for everybody else. */
export interface TestTopics {
  readonly settings: KafkaSettings;
  readonly admin: Admin;
  /** Writes to the topic of events, without compression. */
  write(messages: Message[]): Promise<void>;
  /** Reads a topic from its start, until it has so many records. */
  read(topic: string, count: number): Promise<ReadRecord[]>;
  /** The group's committed offset of each partition; -1 where there is none. */
  committed(): Promise<Record<number, number>>;
  members(): Promise<number>;
  close(): Promise<void>;
}

export interface ReadRecord {
  readonly key: string | undefined;
  readonly value: Buffer | null;
  readonly headers: Record<string, string>;
}

export async function testTopics(
  brokers: string[],
  { partitions = 1, schemaRegistryUrl }: { partitions?: number; schemaRegistryUrl?: string } = {},
): Promise<TestTopics> {
  const suffix = randomBytes(4).toString('hex');
  const topics = {
    events: `events-${suffix}`,
    candidates: `candidates-${suffix}`,
    curated: `curated-${suffix}`,
    deadLetters: `letters-${suffix}`,
  };
  await createTopics(
    brokers,
    Object.values(topics).map((topic) => ({
      topic,
      partitions: topic === topics.events ? partitions : 1,
    })),
  );
  const kafka = new kafkajs.Kafka({
    clientId: 'test',
    brokers,
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  // A new topic's partitions are not ready all at once, and kafkajs then sends all of them again.
  const producer: Producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    idempotent: true,
  });
  await producer.connect();
  const groupId = `group-${suffix}`;

  return {
    settings: {
      brokers,
      clientId: 'edgeminer',
      groupId,
      schemaRegistryUrl,
      startAt: { kind: 'earliest' },
      sessionTimeoutMs: 6000,
      topics,
      version: '1.2.3',
      log: () => undefined,
    },
    admin,
    async write(messages) {
      await producer.send({ topic: topics.events, messages });
    },
    read: (topic, count) => readRecords(kafka.consumer({ groupId: `${groupId}-r` }), topic, count),
    async committed() {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topics.events] });
      return Object.fromEntries(
        (offsets?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]),
      );
    },
    async members() {
      const { groups } = await admin.describeGroups([groupId]);
      const [group] = groups;
      return group?.state === 'Stable' ? group.members.length : 0;
    },
    async close() {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}

/** The first so many records of a topic. */
export async function readRecords(
  consumer: Consumer,
  topic: string,
  count: number,
): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
      consumer
        .run({
          eachMessage: async ({ message: { key, value, headers } }) => {
            records.push({ key: key?.toString(), value, headers: textHeaders(headers ?? {}) });
            if (records.length === count) resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return records;
}

function textHeaders(headers: IHeaders): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, String(value)] as const),
  );
}

/** The next so many deliveries. */
export async function take(
  iterator: AsyncIterator<Delivery>,
  count: number,
): Promise<[Delivery, ...Delivery[]]> {
  const deliveries: Delivery[] = [];
  while (deliveries.length < count) {
    const next = await iterator.next();
    if (next.done === true) throw new Error(`ended after ${deliveries.length} of ${count}`);
    deliveries.push(next.value);
  }
  const [first, ...rest] = deliveries;
  if (first === undefined) throw new Error('asked for no deliveries');
  return [first, ...rest];
}

/** A small event as plain JSON. */
export function jsonEvent(eventId: string, sourceId = 'gate-7'): string {
  return JSON.stringify({
    eventId,
    occurredAt: 1_740_826_800_000,
    modelName: 'animals',
    modelVersion: '3',
    sourceId,
    image: { uri: 'https://images.example.com/1.jpg' },
  });
}
