import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import type { Admin, Message } from 'kafkajs';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { createTopics } from '../services/create-topics.js';
import type { Processes } from '../services/processes.js';
import { eventJson, miningSettings, withoutDuplicates } from './made-stream.js';
import type { MadeEvent } from './made-stream.js';
import { openWorkerPool } from './worker-pool.js';
import type { WorkerPool } from './worker-pool.js';

export interface BedOptions {
  readonly processes: Processes;
  readonly brokers: string[];
  readonly mongo: { readonly uri: string };
  /** Where the workers look for the store, if not there. */
  readonly workerMongo?: { readonly uri: string };
  readonly registry?: { readonly url: string };
  readonly partitions?: number;
  /** Of the group, at least 6: the broker allows no less. */
  readonly sessionTimeoutSeconds?: number;
  /** More settings; they win over those that the bed makes. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Topics, a group, a database and workers of one scenario's own. */
export interface Bed {
  readonly admin: Admin;
  readonly db: Db;
  readonly topics: { readonly events: string; readonly deadLetters: string };
  readonly groupId: string;
  readonly partitions: number;
  readonly workers: WorkerPool;
  /** Writes events, each to the partition of its source, in bulk. */
  send(events: readonly MadeEvent[]): Promise<void>;
  /** Writes records as they are. */
  write(messages: readonly Message[]): Promise<void>;
  /** All records of a topic, to the end that it has now. */
  read(topic: string): Promise<ReadRecord[]>;
  setTopic(topic: string, settings: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

export interface ReadRecord {
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer>>;
}

const bulk = { count: 500, bytes: 8 * 1024 * 1024 };

export async function openBed(options: BedOptions): Promise<Bed> {
  const { processes, brokers, mongo, registry, partitions = 2 } = options;
  const run = randomUUID().slice(0, 8);
  const topics = { events: `events-${run}`, deadLetters: `letters-${run}` };
  const groupId = `integrity-${run}`;
  const directory = processes.folder('integrity');
  const { sessionTimeoutSeconds = 6, settings = {} } = options;
  await writeFile(
    join(directory, 'edgeminer.config.yaml'),
    JSON.stringify({
      kafka: { brokers, groupId, sessionTimeoutSeconds, topics },
      ...miningSettings,
      mining: withoutDuplicates,
      ...settings,
    }),
  );
  await createTopics(brokers, [
    { topic: topics.events, partitions },
    { topic: topics.deadLetters, partitions: 1 },
  ]);
  const kafka = new kafkajs.Kafka({
    clientId: 'integrity',
    brokers,
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 30, maxRetryTime: 2000 },
  });
  const admin = kafka.admin();
  const producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    // A repetition after a lost answer would be an event too many.
    idempotent: true,
    maxInFlightRequests: 1,
  });
  const client = new MongoClient(mongo.uri);
  await Promise.all([admin.connect(), producer.connect(), client.connect()]);
  const database = `integrity_${run}`;
  const workers = openWorkerPool(processes, directory, {
    MONGODB_URI: (options.workerMongo ?? mongo).uri,
    EDGEMINER_STORE_DATABASE: database,
    ...(registry === undefined ? {} : { SCHEMA_REGISTRY_URL: registry.url }),
  });

  const write = async (messages: readonly Message[]) => {
    for (const batch of inBulk(messages)) {
      await producer.send({ topic: topics.events, messages: batch });
    }
  };

  return {
    admin,
    db: client.db(database),
    topics,
    groupId,
    partitions,
    workers,
    write,
    send: (events) => write(events.map((event) => messageOf(event, partitions))),
    read: (topic) => readAll(kafka, admin, topic),
    async setTopic(name, entries) {
      await admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: kafkajs.ConfigResourceTypes.TOPIC,
            name,
            configEntries: Object.entries(entries).map(([key, value]) => ({ name: key, value })),
          },
        ],
      });
    },
    async close() {
      await Promise.all(workers.running.map((worker) => worker.kill()));
      await Promise.allSettled([
        client
          .db(database)
          .dropDatabase()
          .finally(() => client.close()),
        producer.disconnect(),
        admin.deleteTopics({ topics: Object.values(topics) }).finally(() => admin.disconnect()),
      ]);
    },
  };
}

/** A source's events lie in one partition, as the README asks of producers. */
export function messageOf(event: MadeEvent, partitions: number): Message {
  const source = Number(/\d+$/.exec(event.sourceId)?.[0] ?? 0);
  return {
    key: event.sourceId,
    value: JSON.stringify(eventJson(event)),
    partition: source % partitions,
  };
}

function* inBulk(messages: readonly Message[]): Generator<Message[]> {
  let batch: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const length = message.value?.length ?? 0;
    if (batch.length >= bulk.count || (batch.length > 0 && bytes + length > bulk.bytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += length;
  }
  if (batch.length > 0) yield batch;
}

async function readAll(kafka: kafkajs.Kafka, admin: Admin, topic: string): Promise<ReadRecord[]> {
  const ends = await admin.fetchTopicOffsets(topic);
  const wanted = ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  const records: ReadRecord[] = [];
  if (wanted === 0) return records;
  const consumer = kafka.consumer({ groupId: `reader-${randomUUID()}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
      consumer
        .run({
          eachMessage: async ({ partition, message }) => {
            const { offset, key, value } = message;
            const headers = Object.fromEntries(
              Object.entries(message.headers ?? {}).map(([name, found]) => {
                const last = Array.isArray(found) ? found.at(-1) : found;
                return [name, Buffer.from(last ?? '')];
              }),
            );
            records.push({ partition, offset, key, value, headers });
            if (records.length === wanted) resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return records;
}
