import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTopics } from '../services/create-topics.js';
import { startKafka, startMongo, startRegistry } from '../services/local-services.js';
import type { MongoMembers } from '../services/local-services.js';
import { openProcesses } from '../services/processes.js';
import type { Processes } from '../services/processes.js';
import {
  audit,
  nothingWrong,
  openRecords,
  untilMembers,
  untilSettled,
  untilTasks,
} from './audit.js';
import { avroMessages } from './avro-messages.js';
import { openBed } from './bed.js';
import type { Bed, BedOptions } from './bed.js';
import { openDoor } from '../services/door.js';
import { madeEvents } from './made-stream.js';
import type { MadeEvent } from './made-stream.js';
import { report, sized } from './size.js';

const count = sized({ small: 400, full: 10_000 });
const rounds = sized({ small: 2, full: 10 });
const storeGoneSeconds = sized({ small: 8, full: 120 });
const registryGoneSeconds = sized({ small: 6, full: 60 });
const topicGoneSeconds = sized({ small: 6, full: 60 });
/** An election takes some seconds, and a secondary has to catch up before. */
const electionSeconds = 120;

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
      const open: number[] = [];
      await inRounds(bed, events, async (round) => {
        open.push(await openRecords(bed));
        await (round % 2 === 0 ? kafka.stop() : kafka.kill());
        await kafka.start();
      });
      await account(bed, `broker restarted ${rounds} times`, events, {
        'records open at each': open.join('/'),
      });
      expect(Math.max(...open)).toBeGreaterThan(0);
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
      const waiting = await openRecords(bed);
      await Promise.all(mongo.members.map((member) => member.start()));
      await account(bed, `store gone for ${storeGoneSeconds} s`, events, {
        'open meanwhile': waiting,
      });
      // It was missed.
      expect(waiting).toBeGreaterThan(0);
    } finally {
      await bed.close();
    }
  });

  it('the primary', async () => {
    const events = madeEvents(0, count, { name: 'primary', sources: 8, darkShare: 0.15 });
    const bed = await bedOf();
    const client = await MongoClient.connect(mongo.address.uri);
    const elections: (readonly [before: Election, after: Election])[] = [];
    try {
      await inRounds(bed, events, async () => {
        elections.push(await stepDown(client));
      });
      await account(bed, `primary stepped down ${elections.length} times`, events, {
        terms: elections.map(([before, after]) => `${before.term}>${after.term}`).join(' '),
      });
      expect(elections).toHaveLength(rounds);
      const held = elections.filter(
        ([before, after]) => after.term > before.term && after.id !== before.id,
      );
      expect(held).toHaveLength(rounds);
      // Each was one of its own.
      expect(new Set(elections.map(([, after]) => after.id)).size).toBe(rounds);
    } finally {
      await Promise.all([bed.close(), client.close()]);
    }
  });

  it.each(['halted', 'gone'] as const)('the schema registry: %s', async (how) => {
    const events = madeEvents(0, count, { name: `${how}-registry`, sources: 8, darkShare: 0.15 });
    const registry = await startRegistry(processes);
    const door = await openDoor(registry.address.url);
    const bed = await bedOf({ registry: { url: door.url } });
    try {
      await bed.write(await avroMessages(events, bed, registry.address.url));
      // It keeps its schemas in memory, so it is not ended; the workers are new to it.
      if (how === 'halted') registry.pause();
      else await door.shut();
      const asked = await answerOf(door.url);
      await bed.workers.scaleTo(2);
      await untilMembers(bed, 2);
      await delay(registryGoneSeconds * 1000);
      const meanwhile = await bed.db.collection('tasks').countDocuments();
      const waiting = await openRecords(bed);
      if (how === 'halted') registry.resume();
      else await door.open();
      await account(bed, `registry ${how} for ${registryGoneSeconds} s`, events, {
        'it answered': asked,
        'tasks meanwhile': meanwhile,
        'open meanwhile': waiting,
      });
      expect(asked).toBe(how === 'halted' ? 'nothing' : 'ECONNREFUSED');
      expect(meanwhile).toBe(0);
      expect(waiting).toBe(count);
    } finally {
      await Promise.all([bed.close(), door.close(), registry.kill()]);
    }
  });

  it.each(['deleted', 'refusing'] as const)('the dead-letter topic: %s', async (how) => {
    const events = madeEvents(0, count, { name: `${how}-letters`, sources: 8, darkShare: 0.15 });
    const bed = await bedOf();
    const poison = Array.from({ length: 10 }, (_, n) => ({
      // A compacted topic refuses what has none.
      key: null,
      value: `{"eventId": "poison-${n}"`,
      partition: n % 2,
    }));
    const { deadLetters } = bed.topics;
    try {
      if (how === 'deleted') await bed.admin.deleteTopics({ topics: [deadLetters] });
      else await bed.setTopic(deadLetters, { 'cleanup.policy': 'compact' });
      await bed.workers.scaleTo(2);
      await bed.send(events.slice(0, count / 2));
      await bed.write(poison);
      await bed.send(events.slice(count / 2));
      await untilTasks(bed, Math.floor(tasksOf(events) / 4));
      await delay(topicGoneSeconds * 1000);
      const waiting = await openRecords(bed);
      const early = how === 'deleted' ? 0 : (await bed.read(deadLetters)).length;
      if (how === 'deleted') {
        await createTopics(kafka.address.brokers, [{ topic: deadLetters, partitions: 1 }]);
      } else await bed.setTopic(deadLetters, { 'cleanup.policy': 'delete' });
      await untilSettled(bed);
      const found = await audit(bed, events);
      const letters = await bed.read(deadLetters);
      const lettersOf = ({ value }: (typeof poison)[number]) =>
        letters.filter(
          (letter) =>
            letter.key === null &&
            String(letter.value) === value &&
            String(letter.headers['edgeminer.error.code']) === 'event.unreadable',
        );
      const buried = poison.filter((each) => lettersOf(each).length > 0);
      // The answer to a write may be lost, and the letter is written again.
      const wrong = letters.length - poison.flatMap(lettersOf).length;
      report(`dead-letter topic ${how} for ${topicGoneSeconds} s`, {
        events: events.length,
        tasks: `${found.found} of ${found.expected}`,
        lost: found.lost.length,
        doubled: found.doubled.length,
        'open meanwhile': waiting,
        'letters meanwhile': early,
        poison: poison.length,
        'dead letters': letters.length,
        'poison that became one': buried.length,
        'wrongly dead-lettered': wrong,
      });
      expect(found).toMatchObject(nothingWrong);
      expect(waiting).toBeGreaterThanOrEqual(poison.length);
      expect(early).toBe(0);
      expect(buried).toHaveLength(poison.length);
      expect(wrong).toBe(0);
      bed.workers.check();
    } finally {
      await bed.close();
    }
  });
});

interface Election {
  readonly term: number;
  /** Of the primary that it made. */
  readonly id: string;
}

/** Rejects while there is no primary. */
async function election(client: MongoClient): Promise<Election> {
  const admin = client.db('admin');
  const [status, hello] = [
    await admin.command({ replSetGetStatus: 1 }),
    await admin.command({ hello: 1 }),
  ];
  if (hello['isWritablePrimary'] !== true) throw new Error('there is no primary');
  return { term: Number(status['term']), id: String(hello['electionId']) };
}

/** Makes the primary step down, and waits for the next. */
async function stepDown(
  client: MongoClient,
): Promise<readonly [before: Election, after: Election]> {
  const before = await election(client);
  const start = performance.now();
  let last: unknown = 'it was accepted';
  while (performance.now() - start < electionSeconds * 1000) {
    // Whoever is the primary then: it may refuse while no other has caught up.
    await client
      .db('admin')
      .command({ replSetStepDown: 10, secondaryCatchUpPeriodSecs: 5 })
      .catch((error: unknown) => (last = error));
    await delay(500);
    const after = await election(client).catch(() => before);
    if (after.id !== before.id) return [before, after];
  }
  throw new Error(
    `no other primary within ${electionSeconds} s of the first step-down; term ${before.term}, ` +
      `the last answer was: ${String(last)}`,
  );
}

/** What one request comes to: a status, an error's code, or nothing within two seconds. */
async function answerOf(url: string): Promise<string> {
  try {
    const { status } = await fetch(`${url}/subjects`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(2000),
    });
    return String(status);
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') return 'nothing';
    const { cause } = error as Error;
    return cause instanceof Error && 'code' in cause ? String(cause.code) : String(error);
  }
}
