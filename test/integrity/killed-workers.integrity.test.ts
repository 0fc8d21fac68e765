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
import type { Ending } from './worker-pool.js';

const count = sized({ small: 600, full: 10_000 });
const rounds = sized({ small: 3, full: 20 });

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
    const endings: (Ending & { readonly log: string })[] = [];
    try {
      await bed.workers.scaleTo(2);
      const open = await underLoad(bed, chance, events, async () => {
        const worker = chance.pick(bed.workers.running);
        endings.push({ ...(await worker.terminate()), log: await worker.log() });
      });
      // One that has hardly begun.
      const young = bed.workers.start();
      await untilLogged(young.log);
      endings.push({ ...(await young.terminate()), log: await young.log() });
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
      expect(endings.filter(({ code }) => code !== 0)).toEqual([]);
    } finally {
      await bed.close();
    }
  });
});

/** Waits for the first sign of life. */
async function untilLogged(log: () => Promise<string>): Promise<void> {
  await expect.poll(log, { timeout: 60_000 }).not.toBe('');
}
