import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../services/describe-with.js';
import { openProcesses } from '../services/processes.js';
import type { Processes } from '../services/processes.js';
import { audit, nothingWrong, untilCommitted, untilSettled } from './audit.js';
import { openBed } from './bed.js';
import { chanceFrom } from './chance.js';
import { greyPng, marked, noise } from './made-picture.js';
import { eventJson, fateOf, madeEvents, withoutDuplicates } from './made-stream.js';
import type { MadeEvent } from './made-stream.js';
import { report, seed, sized } from './size.js';

const count = sized({ small: 3000, full: 100_000 });
const part = count / 10;
/** Pixels on a side of each large picture: 4.8 million that a decoder makes of 4.2 MiB of noise. */
const largeSide = 2200;
const largeCount = sized({ small: 140, full: 600 });
/** The limit has to be so much smaller than what is behind; a small run must be quick. */
const timesTheLimit = sized({ small: 2, full: 8 });
/** What a worker may hold resident at any time, whatever it is behind. */
const largestResident = 384 * 1024 * 1024;
const inFlightBytes = 32 * 1024 * 1024;
const mib = 1024 * 1024;

describeWith(['kafka', 'mongo'], "a worker's memory", (services) => {
  let processes: Processes;
  beforeAll(() => (processes = openProcesses()));
  afterAll(() => processes.close());

  it('stays flat over a long run', async () => {
    const bed = await openBed({
      processes,
      brokers: services().kafka.brokers,
      mongo: services().mongo,
    });
    const options = { name: 'memory', sources: 8, darkShare: 0.02 };
    try {
      // All of it is there before the worker is: it is far behind.
      for (let at = 0; at < count; at += part) await bed.send(madeEvents(at, at + part, options));
      const worker = bed.workers.start();
      const resident: number[] = [];
      const start = performance.now();
      for (let done = part; done <= count; done += part) {
        await untilCommitted(bed, done);
        resident.push(await residentBytes(worker.pid));
      }
      const seconds = (performance.now() - start) / 1000;
      await untilSettled(bed);
      const found = await audit(bed, everyEvent(options));
      const most = Math.max(...resident);
      const growth = (resident.at(-1) ?? Infinity) / (resident[0] ?? 1);
      report(`memory over ${count} small images`, {
        'resident after each tenth': resident
          .map((bytes) => `${Math.round(bytes / mib)}`)
          .join('/'),
        'last to first': growth.toFixed(2),
        'limit MiB': largestResident / mib,
        'events per second': Math.round(count / seconds),
        lost: found.lost.length,
        doubled: found.doubled.length,
      });
      expect(found).toMatchObject(nothingWrong);
      expect(most).toBeLessThan(largestResident);
      // A small run has not filled its heap by its first tenth.
      if (sized({ small: 0, full: 1 }) === 1) expect(growth).toBeLessThanOrEqual(1.2);
    } finally {
      await bed.close();
    }
  });

  it('does not grow with what it is behind, however large the messages are', async () => {
    const bed = await openBed({
      processes,
      brokers: services().kafka.brokers,
      mongo: services().mongo,
      settings: { mining: { ...withoutDuplicates, maxBytesInFlight: inFlightBytes } },
    });
    try {
      // Noise can't be compressed, so that it is as large on every way; made once, for it takes time.
      const picture = greyPng(noise(chanceFrom(seed, 6), largeSide, 'bright'));
      const events: MadeEvent[] = [];
      let behind = 0;
      const start = performance.now();
      for (let n = 0; n < largeCount; n += 1) {
        const bytes = marked(picture, String(n));
        const identity = { eventId: `large-${seed}-${n}`, sourceId: `camera-${n % 8}` };
        const event: MadeEvent = {
          ...identity,
          occurredAt: Date.UTC(2026, 0, 1) + n * 1000,
          image: { bytes },
          fate: fateOf({ ...identity, bytes, isDark: false }),
        };
        events.push({ ...event, image: { bytes: Buffer.alloc(0) } });
        const value = JSON.stringify(eventJson(event));
        behind += value.length;
        await bed.write([{ value, partition: n % 2 }]);
      }
      const written = performance.now();
      const worker = bed.workers.start();
      await untilSettled(bed);
      const caughtUp = performance.now();
      const peak = await peakBytes(worker.pid);
      const found = await audit(bed, events);
      const letters = await bed.read(bed.topics.deadLetters);
      report(`${largeCount} messages of ${(behind / largeCount / mib).toFixed(1)} MiB`, {
        'pixels each': largeSide ** 2,
        behind: `${Math.round(behind / mib)} MiB`,
        'in flight at most': `${inFlightBytes / mib} MiB`,
        'peak resident': `${Math.round(peak / mib)} MiB`,
        limit: `${largestResident / mib} MiB`,
        'written and caught up in': `${Math.round((written - start) / 1000)} + ${Math.round((caughtUp - written) / 1000)} s`,
        tasks: `${found.found} of ${found.expected}`,
        lost: found.lost.length,
        'dead letters': letters.length,
      });
      expect(found).toMatchObject(nothingWrong);
      expect(letters).toEqual([]);
      expect(behind).toBeGreaterThanOrEqual(timesTheLimit * largestResident);
      expect(peak).toBeLessThan(largestResident);
    } finally {
      await bed.close();
    }
  });
});

function* everyEvent(options: Parameters<typeof madeEvents>[2]): Generator<MadeEvent> {
  for (let at = 0; at < count; at += part) yield* madeEvents(at, at + part, options);
}

function residentBytes(pid: number): Promise<number> {
  return bytesOf(pid, 'VmRSS');
}

/** The most that it ever held, by the system's own count. */
function peakBytes(pid: number): Promise<number> {
  return bytesOf(pid, 'VmHWM');
}

async function bytesOf(pid: number, what: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kib] = new RegExp(`^${what}:\\s+(\\d+) kB$`, 'm').exec(status) ?? [];
  if (kib === undefined) throw new Error(`/proc/${pid}/status tells no ${what}`);
  return Number(kib) * 1024;
}
