import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTopics } from '../services/create-topics.js';
import { startKafka, startMongo, startRegistry } from '../services/local-services.js';
import type { MongoMembers } from '../services/local-services.js';
import { openProcesses } from '../services/processes.js';
import type { Processes } from '../services/processes.js';
import { audit, nothingWrong, openRecords, untilSettled, untilTasks } from './audit.js';
import { avroMessages } from './avro-messages.js';
import { openBed } from './bed.js';
import type { Bed, BedOptions } from './bed.js';
import { madeEvents } from './made-stream.js';
import type { MadeEvent } from './made-stream.js';
import { report, sized } from './size.js';

const count = sized({ small: 400, full: 10_000 });
const rounds = sized({ small: 2, full: 10 });
const storeGoneSeconds = sized({ small: 8, full: 120 });
const registryGoneSeconds = sized({ small: 6, full: 60 });
const topicGoneSeconds = sized({ small: 6, full: 60 });

type Kafka = Awaited<ReturnType<typeof startKafka>>;

describe('what the workers depend on goes away, and comes back', () => {
  let processes: Processes;
  let kafka: Kafka;
  let mongo: MongoMembers;

  beforeAll(async () => {
    processes = openProcesses();
    [kafka, mongo] = await Promise.all([startKafka(processes), startMongo(processes, 3)]);
  });
  afterAll(() => processes.close());

  const bedOf = (options: Partial<BedOptions> = {}) =>
    openBed({ processes, brokers: kafka.address.brokers, mongo: mongo.address, ...options });

  const tasksOf = (events: readonly MadeEvent[]) =>
    events.filter(({ fate }) => fate.kind === 'task').length;

  async function account(
    bed: Bed,
    scenario: string,
    events: readonly MadeEvent[],
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const start = performance.now();
    await untilSettled(bed);
    const caughtUp = (performance.now() - start) / 1000;
    const found = await audit(bed, events);
    const letters = await bed.read(bed.topics.deadLetters);
    report(scenario, {
      events: events.length,
      tasks: `${found.found} of ${found.expected}`,
      lost: found.lost.length,
      doubled: found.doubled.length,
      'dead letters': letters.length,
      'caught up within': `${caughtUp.toFixed(1)} s`,
      ...more,
    });
    expect(found).toMatchObject(nothingWrong);
    expect(letters).toEqual([]);
    // Nobody had to start a worker again.
    bed.workers.check();
  }

  /** Sends a part of the events in each round, and strikes while they are worked on. */
  async function inRounds(
    bed: Bed,
    events: readonly MadeEvent[],
    strike: (round: number) => Promise<void>,
  ): Promise<void> {
    await bed.workers.scaleTo(2);
    let tasks = 0;
    for (let round = 0; round < rounds; round += 1) {
      const part = events.slice((count * round) / rounds, (count * (round + 1)) / rounds);
      await bed.send(part);
      await untilTasks(bed, tasks + Math.floor(tasksOf(part) / 3));
      tasks += tasksOf(part);
      await strike(round);
    }
  }

  it('the broker', async () => {
    const events = madeEvents(0, count, { name: 'broker', sources: 8, darkShare: 0.15 });
    const bed = await bedOf();
    try {
      await inRounds(bed, events, async (round) => {
        await (round % 2 === 0 ? kafka.stop() : kafka.kill());
        await kafka.start();
      });
      await account(bed, `broker restarted ${rounds} times`, events);
    } finally {
      await bed.close();
    }
  });

  it('the store', async () => {
    const events = madeEvents(0, count, { name: 'store', sources: 8, darkShare: 0.15 });
    const half = Math.floor(count / 2);
    const bed = await bedOf();
    try {
      await bed.workers.scaleTo(2);
      await bed.send(events.slice(0, half));
      await untilTasks(bed, Math.floor(tasksOf(events.slice(0, half)) / 2));
      await Promise.all(mongo.members.map((member) => member.stop()));
      await bed.send(events.slice(half));
      await delay(storeGoneSeconds * 1000);
      await Promise.all(mongo.members.map((member) => member.start()));
      await account(bed, `store gone for ${storeGoneSeconds} s`, events);
    } finally {
      await bed.close();
    }
  });

  it('the primary', async () => {
    const events = madeEvents(0, count, { name: 'primary', sources: 8, darkShare: 0.15 });
    const bed = await bedOf();
    const client = await MongoClient.connect(mongo.address.uri);
    let elections = 0;
    try {
      await inRounds(bed, events, async () => {
        const before = await termOf(client);
        // Whoever is the primary then: it may refuse while no other has caught up.
        const admin = client.db('admin');
        while ((await termOf(client).catch(() => before)) === before) {
          await admin
            .command({ replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 })
            .catch(() => undefined);
          await delay(500);
        }
        elections += 1;
      });
      await account(bed, `primary stepped down ${elections} times`, events);
      expect(elections).toBe(rounds);
    } finally {
      await Promise.all([bed.close(), client.close()]);
    }
  });

  it('the schema registry', async () => {
    const events = madeEvents(0, count, { name: 'registry', sources: 8, darkShare: 0.15 });
    const registry = await startRegistry(processes);
    const bed = await bedOf({ registry: registry.address });
    try {
      await bed.write(await avroMessages(events, bed, registry.address.url));
      // It keeps its schemas in memory, so it is halted, not ended; the workers are new to it.
      registry.pause();
      await bed.workers.scaleTo(2);
      await delay(registryGoneSeconds * 1000);
      const meanwhile = await bed.db.collection('tasks').countDocuments();
      registry.resume();
      await account(bed, `registry gone for ${registryGoneSeconds} s`, events, {
        'tasks meanwhile': meanwhile,
      });
      expect(meanwhile).toBe(0);
    } finally {
      await Promise.all([bed.close(), registry.kill()]);
    }
  });

  it('the dead-letter topic', async () => {
    const events = madeEvents(0, count, { name: 'letters', sources: 8, darkShare: 0.15 });
    const bed = await bedOf();
    const poisonCount = 10;
    try {
      await bed.admin.deleteTopics({ topics: [bed.topics.deadLetters] });
      await bed.workers.scaleTo(2);
      await bed.send(events.slice(0, count / 2));
      await bed.write(
        Array.from({ length: poisonCount }, (_, n) => ({
          key: `poison-${n}`,
          value: `{"eventId": "poison-${n}"`,
          partition: n % 2,
        })),
      );
      await bed.send(events.slice(count / 2));
      await untilTasks(bed, Math.floor(tasksOf(events) / 4));
      await delay(topicGoneSeconds * 1000);
      const waiting = await openRecords(bed);
      expect(waiting).toBeGreaterThanOrEqual(poisonCount);
      await createTopics(kafka.address.brokers, [{ topic: bed.topics.deadLetters, partitions: 1 }]);
      await untilSettled(bed);
      const found = await audit(bed, events);
      const letters = await bed.read(bed.topics.deadLetters);
      const keys = new Set(letters.map(({ key }) => String(key)));
      report(`dead-letter topic unavailable for ${topicGoneSeconds} s`, {
        events: events.length,
        tasks: `${found.found} of ${found.expected}`,
        lost: found.lost.length,
        doubled: found.doubled.length,
        'open meanwhile': waiting,
        poison: poisonCount,
        'dead letters': letters.length,
        'of them different': keys.size,
      });
      expect(found).toMatchObject(nothingWrong);
      expect(keys.size).toBe(poisonCount);
    } finally {
      await bed.close();
    }
  });
});

/** Rises with each election; rejects while there is no primary. */
async function termOf(client: MongoClient): Promise<number> {
  const status = await client.db('admin').command({ replSetGetStatus: 1 });
  return Number(status['term']);
}
