import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { connectKafka } from '../../src/adapters/kafka/connect-kafka.js';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { writeJsonEvent } from '../../src/event/json-event.js';
import type { InferenceEvent } from '../../src/event/inference-event.js';
import type { TaskReader } from '../../src/queue/relabel-queue.js';
import { taskIdOf } from '../../src/queue/task-id.js';
import { readRecords } from '../adapters/kafka/topics.js';
import { createTopics } from '../services/create-topics.js';
import { describeWith } from '../services/describe-with.js';
import { isSpoilt, madeEvents, model, scenes, sceneView } from './made-stream.js';
import { runEdgeminer, startEdgeminer } from './run-edgeminer.js';

const settings = {
  models: [{ name: model.name, versions: [model.version], labelSet: 'scenes' }],
  labelSets: { scenes: { classes: scenes } },
  // Every view is another event here; near-duplicates have tests of their own.
  mining: { duplicates: { windowSeconds: 0, bits: 0 } },
  log: { level: 'warn' },
};

/** They compare with the frame before, which another worker may have seen. */
const ofFrames = ['flicker', 'frozen-camera'];

/** What mining found, without what depends on when and where it ran. */
async function contents(reader: TaskReader) {
  const tasks = await reader.list({}, { limit: 1000 }, Date.now());
  return tasks.map(({ id, eventId, image, scores, decision, state, predictions }) => ({
    id,
    eventId,
    image: image.hash,
    scores: scores.signals
      .filter(({ name }) => !ofFrames.includes(name))
      .map(({ name, flagged, edgeScore }) => ({
        name,
        flagged,
        // Batches of other sizes round the embeddings differently in the last digits.
        edgeScore: Math.round(edgeScore * 100),
      })),
    decision: { ...decision, priority: Math.round(decision.priority * 100) },
    state,
    predictions,
  }));
}

async function embeddedContents(file: string) {
  const sqlite = await openSqliteStore({ file });
  try {
    return await contents(sqlite.queue);
  } finally {
    await sqlite.close();
  }
}

/** A line of the sidecar that tells the directory source what an event would have told. */
function aboutPicture({ eventId, sourceId, occurredAt, predictions }: InferenceEvent) {
  return { path: eventId, sourceId, occurredAt, predictions };
}

describeWith(['kafka', 'registry', 'mongo'], 'the whole path on Kafka and MongoDB', (services) => {
  it('queues each edge case once, buries what is broken, and ends at the end', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'edgeminer-e2e-'));
    const run = randomUUID().slice(0, 8);
    const topics = {
      events: `inference.events.${run}`,
      deadLetters: `inference.events.dlq.${run}`,
      curated: `curated.edge-cases.${run}`,
    };
    const { brokers } = services().kafka;
    const groupId = `edgeminer-${run}`;
    await writeFile(
      join(directory, 'edgeminer.config.yaml'),
      JSON.stringify({ ...settings, kafka: { brokers, groupId, topics } }),
    );
    const mongo = openMongoStore({ uri: services().mongo.uri, database: `e2e_${run}` });
    const onKafka = {
      MONGODB_URI: services().mongo.uri,
      EDGEMINER_STORE_DATABASE: `e2e_${run}`,
      SCHEMA_REGISTRY_URL: services().registry.url,
    };
    const { name, version } = model;
    await createTopics(brokers, [
      { topic: topics.events, partitions: 2 },
      { topic: topics.deadLetters, partitions: 1 },
      { topic: topics.curated, partitions: 1 },
    ]);
    const client = new Kafka({ clientId: 'e2e', brokers, logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    try {
      // The same reference in both stores.
      await mkdir(join(directory, 'training'));
      for (const scene of scenes) {
        for (let n = 0; n < 25; n++) {
          const bytes = await sceneView(scene, 1000 + n);
          await writeFile(join(directory, 'training', `${scene}-${n}.jpg`), bytes);
        }
      }
      const build = ['reference', 'build', '--images', 'training', '--model-name', name];
      build.push('--model-version', version);
      for (const environment of [{}, onKafka]) {
        const built = await runEdgeminer(build, directory, environment);
        expect(built.code, built.stderr).toBe(0);
      }

      const events = await madeEvents(430);
      const broken = events.slice(0, 10).map((event, n): InferenceEvent => ({
        ...event,
        eventId: `broken-${n}` as InferenceEvent['eventId'],
        image: { kind: 'inline', bytes: Buffer.from(`not a picture ${n}`) },
      }));
      const repeated = events.slice(0, 50);
      await writeFile(
        join(directory, 'events.jsonl'),
        events.map((event) => `${JSON.stringify(writeJsonEvent(event))}\n`).join(''),
      );

      // Embedded, from a file: what the queue must hold.
      const embedded = await runEdgeminer(
        ['mine', '--source', 'jsonl:events.jsonl', '--once', '--json'],
        directory,
      );
      expect(embedded.code, embedded.stderr).toBe(0);
      expect(JSON.parse(embedded.stdout)).toMatchObject({ events: 430, scored: 430, rejected: 0 });
      const expected = await embeddedContents(join(directory, '.edgeminer', 'edgeminer.db'));
      const found = new Set(expected.map(({ id }) => id));
      const missed = events
        .filter(isSpoilt)
        .filter((event) => !found.has(taskIdOf(event.sourceId, event.eventId)));
      expect(missed.map(({ eventId }) => eventId)).toEqual([]);

      // The same from a directory, into a file of its own.
      await mkdir(join(directory, 'pictures'));
      for (const { eventId, image } of events) {
        if (image.kind === 'inline') {
          await writeFile(join(directory, 'pictures', eventId), image.bytes);
        }
      }
      await writeFile(
        join(directory, 'about.jsonl'),
        events.map((event) => `${JSON.stringify(aboutPicture(event))}\n`).join(''),
      );
      const source = ['--source', 'directory:pictures', '--predictions', 'about.jsonl'];
      const fromDirectory = await runEdgeminer(
        ['mine', ...source, '--model-name', name, '--model-version', version, '--once'],
        directory,
        { EDGEMINER_STORE_FILE: 'directory.db' },
      );
      expect(fromDirectory.code, fromDirectory.stderr).toBe(0);
      expect(await embeddedContents(join(directory, 'directory.db'))).toEqual(expected);

      // On Kafka: half of it in Avro, half in JSON, with repetitions and broken records.
      const common = {
        brokers,
        clientId: 'e2e',
        groupId,
        startAt: { kind: 'earliest' } as const,
        topics,
      };
      const rest = { sessionTimeoutMs: 30_000, version: 'e2e', log: () => undefined };
      const json = connectKafka({ ...common, ...rest });
      const avro = connectKafka({
        ...common,
        ...rest,
        schemaRegistryUrl: services().registry.url,
      });
      const publishers = [avro.openEventPublisher(), json.openEventPublisher()] as const;
      const producer = client.producer();
      await producer.connect();
      for (const [n, event] of [...events, ...broken, ...repeated].entries()) {
        await publishers[n % 2 === 0 ? 0 : 1].publish(event);
        if (n < 10) {
          const value = n % 2 === 0 ? '{"eventId": ' : '{"eventId": "x"}';
          await producer.send({ topic: topics.events, messages: [{ key: `bad-${n}`, value }] });
        }
      }
      await producer.disconnect();
      await Promise.all([avro.close(), json.close()]);

      const workers = [1, 2].map(() =>
        startEdgeminer(['mine', '--source', 'kafka', '--json'], directory, onKafka),
      );
      const deadline = Date.now() + 240_000;
      for (;;) {
        const ends = await admin.fetchTopicOffsets(topics.events);
        const [committed] = await admin.fetchOffsets({ groupId, topics: [topics.events] });
        const left = ends.filter(
          ({ partition, offset }) =>
            committed?.partitions.find((one) => one.partition === partition)?.offset !== offset,
        );
        if (left.length === 0) break;
        if (Date.now() > deadline) throw new Error(`not at the end: ${JSON.stringify(left)}`);
        await delay(500);
      }
      for (const worker of workers) worker.process.kill('SIGTERM');
      for (const worker of workers) {
        const { code, stderr } = await worker.finished;
        expect(code, stderr).toBe(0);
      }

      const store = await mongo;
      const actual = await contents(store.queue);
      expect(actual).toEqual(expected);
      for (const task of actual) expect((await store.images.get(task.image))?.bytes).toBeDefined();
      // Buried at least once: where the group changes in between, the next worker buries it again.
      const [end] = await admin.fetchTopicOffsets(topics.deadLetters);
      const reader = client.consumer({ groupId: `${groupId}-letters` });
      const letters = await readRecords(reader, topics.deadLetters, Number(end?.offset));
      const origins = letters.map(
        ({ headers }) => `${headers['edgeminer.partition']}/${headers['edgeminer.offset']}`,
      );
      expect(new Set(origins).size).toBe(20);
    } finally {
      await admin.disconnect();
      await (await mongo).close();
      const cleaner = await MongoClient.connect(services().mongo.uri);
      await cleaner.db(`e2e_${run}`).dropDatabase();
      await cleaner.close();
      await rm(directory, { recursive: true });
    }
  });
});
