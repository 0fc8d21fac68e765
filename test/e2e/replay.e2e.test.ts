import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { writeJsonEvent } from '../../src/event/json-event.js';
import { annotatorId, batchId } from '../../src/ids.js';
import { signalNames } from '../../src/score/signal.js';
import { eventOf, picture } from '../mine/mining-bench.js';
import { createTopics } from '../services/create-topics.js';
import { describeWith } from '../services/describe-with.js';
import { runEdgeminer } from './run-edgeminer.js';

/** Events of which the first half is dark; the margin falls from 0.9 to 0. */
async function history(count: number, from: number) {
  const events = [];
  for (let n = from; n < from + count; n += 1) {
    const best = 0.95 - (0.45 * (n - from)) / count;
    events.push(
      eventOf(`event-${n}`, await picture(n, n - from < count / 2 ? 'dark' : 'bright'), {
        occurredAt: Date.UTC(2026, 0, 1) + n * 1000,
        predictions: {
          kind: 'classification',
          classes: ['cat', 'dog'],
          probabilities: [best, 1 - best],
        },
      }),
    );
  }
  return events;
}

const off = Object.fromEntries(signalNames.map((name) => [name, 'off']));

describeWith(['kafka', 'mongo'], 'scoring history again', (services) => {
  it('finds more under a new policy, and touches neither the live group nor labels', async () => {
    const run = randomUUID().slice(0, 8);
    const directory = await mkdtemp(join(tmpdir(), 'edgeminer-replay-'));
    const { brokers } = services().kafka;
    const topics = {
      events: `inference.events.${run}`,
      deadLetters: `inference.events.dlq.${run}`,
    };
    const live = `live-${run}`;
    const settings = (margin: object | 'off', more: object = {}) =>
      writeFile(
        join(directory, 'edgeminer.config.yaml'),
        JSON.stringify({
          kafka: { brokers, groupId: live, topics },
          models: [{ name: 'm', embedder: 'none', reference: 'none' }],
          policies: {
            default: { controlSample: 0, signals: { ...off, dark: { raw: 55 }, margin } },
          },
          mining: { duplicates: { windowSeconds: 0, bits: 0 } },
          log: { level: 'warn' },
          ...more,
        }),
      );
    const onMongo = {
      MONGODB_URI: services().mongo.uri,
      EDGEMINER_STORE_DATABASE: `replay_${run}`,
    };
    await createTopics(brokers, [
      { topic: topics.events, partitions: 2 },
      { topic: topics.deadLetters, partitions: 1 },
    ]);
    const client = new Kafka({ clientId: 'e2e', brokers, logLevel: logLevel.NOTHING });
    const admin = client.admin();
    const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await Promise.all([admin.connect(), producer.connect()]);
    const store = await openMongoStore({
      uri: services().mongo.uri,
      database: `replay_${run}`,
    });
    const tasks = async () => {
      const all = await store.queue.list({}, { limit: 1000 }, Date.now());
      return new Map(all.map((task) => [task.eventId as string, task]));
    };
    const offsetsOf = async (groupId: string) => {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topics.events] });
      return Object.fromEntries(
        (offsets?.partitions ?? []).map(({ partition, offset }) => [partition, offset]),
      );
    };
    const mine = async (...more: string[]) => {
      const args = ['mine', '--source', 'kafka', '--once', '--json', ...more];
      const { code, stdout, stderr } = await runEdgeminer(args, directory, onMongo);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as Record<string, number>;
    };
    const write = async (from: number) => {
      const events = await history(40, from);
      await producer.send({
        topic: topics.events,
        messages: events.map((event, n) => ({
          partition: n % 2,
          value: JSON.stringify(writeJsonEvent(event)),
        })),
      });
    };
    try {
      await settings('off');
      await write(0);
      expect(await mine()).toMatchObject({ events: 40, queued: 20 });
      const [leased] = await store.queue.lease(
        {
          batchId: batchId('b'),
          annotator: annotatorId('ana'),
          limit: 1,
          expiresAt: Date.now() + 60_000,
          filter: {},
        },
        Date.now(),
      );
      if (leased === undefined) throw new Error('nothing to label');
      await store.queue.complete(
        { taskId: leased.id, batchId: batchId('b'), fence: leased.fence },
        { kind: 'label', body: { kind: 'class', class: 'cat' }, labelSet: 'pets@1' },
        Date.now(),
      );
      const labelled = (await tasks()).get(leased.eventId);
      const before = Date.now();
      await write(40);
      const liveBefore = await offsetsOf(live);

      // A new policy over all of it: the doubtful bright ones come on top.
      await settings({ raw: 0.5 });
      const group = `again-${run}`;
      const again = await mine('--from', 'earliest', '--group', group);
      expect(again).toMatchObject({ events: 80, known: 20 });
      const all = await tasks();
      expect(all.size).toBe(20 + (again['queued'] ?? 0));
      expect(again['queued']).toBeGreaterThan(20);
      const kept = all.get(leased.eventId);
      const { scores, decision } = kept ?? {};
      expect(kept?.state).toBe('labelled');
      expect(kept).toEqual({ ...labelled, scores, decision });
      expect(await offsetsOf(live)).toEqual(liveBefore);

      // Run again, it goes on where it stopped, and that is the end.
      expect(await mine('--from', 'earliest', '--group', group)).toMatchObject({ events: 0 });
      // From a time, and from offsets.
      const since = new Date(before).toISOString();
      expect(await mine('--from', since, '--group', `${group}-t`)).toMatchObject({ events: 40 });
      expect(await mine('--from', '1:35', '--group', `${group}-o`)).toMatchObject({ events: 5 });
      expect((await tasks()).size).toBe(all.size);
      // The live group goes on as if nothing had been.
      expect(await mine()).toMatchObject({ events: 40, queued: 0 });

      const wrong = await runEdgeminer(
        ['mine', '--source', 'kafka', '--once', '--from', '7:0', '--group', 'x'],
        directory,
        onMongo,
      );
      expect(wrong.code).toBe(1);
      expect(wrong.stderr).toContain('has no partition 7; it has 2, counted from 0');
      const usage = await runEdgeminer(
        ['mine', '--source', 'kafka', '--from', 'yesterday'],
        directory,
        onMongo,
      );
      expect(usage.code).toBe(2);
      expect(usage.stderr).toContain('2026-03-01T12:00:00Z');
    } finally {
      await Promise.all([admin.disconnect(), producer.disconnect(), store.close()]);
      const cleaner = await MongoClient.connect(services().mongo.uri);
      await cleaner.db(`replay_${run}`).dropDatabase();
      await cleaner.close();
      await rm(directory, { recursive: true });
    }
  });
});
