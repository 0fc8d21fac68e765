import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../services/describe-with.js';
import { openProcesses } from '../services/processes.js';
import type { Processes } from '../services/processes.js';
import { audit, nothingWrong, openRecords, untilSettled, untilTasks } from './audit.js';
import { openBed } from './bed.js';
import type { Bed } from './bed.js';
import { chanceFrom } from './chance.js';
import type { Chance } from './chance.js';
import { madeEvents } from './made-stream.js';
import type { MadeEvent } from './made-stream.js';
import { report, seed, sized } from './size.js';
import type { EarlyEnding, Ending } from './worker-pool.js';

const count = sized({ small: 600, full: 10_000 });
const rounds = sized({ small: 3, full: 20 });
const youngWorkers = sized({ small: 6, full: 40 });
/** A start takes about one second on a quiet machine, and joining the group one or two more. */
const youngestMs = 3000;

describeWith(['kafka', 'mongo'], 'workers that end', (services) => {
  let processes: Processes;
  beforeAll(() => (processes = openProcesses()));
  afterAll(() => processes.close());

  const bedOf = () =>
    openBed({ processes, brokers: services().kafka.brokers, mongo: services().mongo });

  /** Sends a part of the events in each round, and strikes while they are worked on. */
  async function underLoad(
    bed: Bed,
    chance: Chance,
    events: readonly MadeEvent[],
    strike: (round: number) => Promise<void>,
  ): Promise<number[]> {
    const open: number[] = [];
    let tasks = 0;
    for (let round = 0; round < rounds; round += 1) {
      const part = events.slice((count * round) / rounds, (count * (round + 1)) / rounds);
      await bed.send(part);
      const due = part.filter(({ fate }) => fate.kind === 'task').length;
      // Now and then while the group still settles, mostly between two candidates.
      if (round % 4 === 3) await delay(chance.next() * 2000);
      else await untilTasks(bed, tasks + Math.ceil(due * chance.next()));
      tasks += due;
      open.push(await openRecords(bed));
      await strike(round);
      await bed.workers.scaleTo(2);
    }
    return open;
  }

  it('lose nothing and double nothing when they are killed at random moments', async () => {
    const start = performance.now();
    const chance = chanceFrom(seed, 1);
    const events = madeEvents(0, count, { name: 'killed', sources: 8, darkShare: 0.15 });
    const bed = await bedOf();
    try {
      await bed.workers.scaleTo(2);
      const open = await underLoad(bed, chance, events, async () => {
        const { signal } = await chance.pick(bed.workers.running).kill();
        expect(signal).toBe('SIGKILL');
      });
      await untilSettled(bed);
      const found = await audit(bed, events);
      const letters = await bed.read(bed.topics.deadLetters);
      report(`SIGKILL x ${rounds}`, {
        events: count,
        tasks: `${found.found} of ${found.expected}`,
        lost: found.lost.length,
        doubled: found.doubled.length,
        'dead letters': letters.length,
        'records open at each': open.join('/'),
        seconds: Math.round((performance.now() - start) / 1000),
      });
      expect(Math.max(...open)).toBeGreaterThan(0);
      expect(found).toMatchObject(nothingWrong);
      expect(letters).toEqual([]);
    } finally {
      await bed.close();
    }
  });

  it('lose nothing when they are asked to end, and end in time with code 0', async () => {
    const start = performance.now();
    const chance = chanceFrom(seed, 2);
    const events = madeEvents(0, count, { name: 'terminated', sources: 8, darkShare: 0.15 });
    const bed = await bedOf();
    const endings: Ending[] = [];
    try {
      await bed.workers.scaleTo(2);
      const open = await underLoad(bed, chance, events, async () => {
        endings.push(await chance.pick(bed.workers.running).terminate());
      });
      await untilSettled(bed);
      const found = await audit(bed, events);
      const letters = await bed.read(bed.topics.deadLetters);
      const longest = Math.max(...endings.map(({ seconds }) => seconds));
      report(`SIGTERM x ${endings.length}`, {
        events: count,
        tasks: `${found.found} of ${found.expected}`,
        lost: found.lost.length,
        doubled: found.doubled.length,
        'dead letters': letters.length,
        'records open at each': open.join('/'),
        'longest end': `${longest.toFixed(1)} s`,
        seconds: Math.round((performance.now() - start) / 1000),
      });
      expect(Math.max(...open)).toBeGreaterThan(0);
      expect(found).toMatchObject(nothingWrong);
      expect(letters).toEqual([]);
      // After 25 s the program gives up by itself, with code 1.
      expect(endings).toHaveLength(rounds);
      expect(endings.filter(({ code }) => code !== 0)).toEqual([]);
    } finally {
      await bed.close();
    }
  });

  it('end with code 0 when they are asked to at any moment of their start', async () => {
    const start = performance.now();
    const chance = chanceFrom(seed, 3);
    const events = madeEvents(0, count, { name: 'young', sources: 8, darkShare: 0.15 });
    const bed = await bedOf();
    const endings: EarlyEnding[] = [];
    try {
      await bed.workers.scaleTo(1);
      for (let n = 0; n < youngWorkers; n += 1) {
        // The events come meanwhile, so that the young ones may get some.
        await bed.send(events.slice((count * n) / youngWorkers, (count * (n + 1)) / youngWorkers));
        const young = bed.workers.start();
        // Every other one in the moment in which it begins to hear it, before it has loaded more.
        if (n % 2 === 0) await young.hears();
        else await delay(chance.next() * youngestMs);
        endings.push(await young.terminateNow());
      }
      await untilSettled(bed);
      const found = await audit(bed, events);
      const letters = await bed.read(bed.topics.deadLetters);
      const heard = endings.filter((ending) => ending.heard);
      report(`SIGTERM during the start x ${youngWorkers}`, {
        events: count,
        tasks: `${found.found} of ${found.expected}`,
        lost: found.lost.length,
        doubled: found.doubled.length,
        'dead letters': letters.length,
        'before the program ran': endings.length - heard.length,
        'before it logged': heard.filter(({ silent }) => silent).length,
        'later in the start': heard.filter(({ silent }) => !silent).length,
        'ended with code 0': heard.filter(({ code }) => code === 0).length,
        'longest end': `${Math.max(...endings.map(({ seconds }) => seconds)).toFixed(1)} s`,
        seconds: Math.round((performance.now() - start) / 1000),
      });
      expect(heard.length).toBeGreaterThanOrEqual(youngWorkers / 2);
      expect(heard.filter(({ silent }) => silent).length).toBeGreaterThan(0);
      expect(heard.filter(({ code }) => code !== 0)).toEqual([]);
      // Nothing that takes time may come before the handlers.
      expect(heard.filter(({ late }) => late)).toEqual([]);
      // Node alone ends by the signal, and has said nothing.
      const unheard = endings.filter((ending) => !ending.heard);
      expect(unheard.map(({ signal, log }) => ({ signal, log }))).toEqual(
        unheard.map(() => ({ signal: 'SIGTERM', log: '' })),
      );
      expect(found).toMatchObject(nothingWrong);
      expect(letters).toEqual([]);
    } finally {
      await bed.close();
    }
  });

  it('end with code 0 when they are asked to while what they start with is away', async () => {
    const bed = await openBed({
      processes,
      brokers: services().kafka.brokers,
      // Nobody listens there.
      mongo: services().mongo,
      workerMongo: { uri: 'mongodb://127.0.0.1:9/?replicaSet=rs0' },
    });
    try {
      const worker = bed.workers.start();
      await worker.hears();
      const ending = await worker.terminateNow();
      report('SIGTERM while the store is away at the start', {
        code: ending.code,
        seconds: ending.seconds.toFixed(1),
      });
      expect({ code: ending.code, signal: ending.signal }).toEqual({ code: 0, signal: null });
    } finally {
      await bed.close();
    }
  });
});
