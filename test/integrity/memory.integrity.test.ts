import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../services/describe-with.js';
import { openProcesses } from '../services/processes.js';
import type { Processes } from '../services/processes.js';
import { audit, nothingWrong, untilCommitted, untilProgress, untilSettled } from './audit.js';
import { openBed } from './bed.js';
import { chanceFrom } from './chance.js';
import { greyPng, noise } from './made-picture.js';
import { eventJson, fateOf, madeEvents } from './made-stream.js';
import type { MadeEvent } from './made-stream.js';
import { report, seed, sized } from './size.js';

const count = sized({ small: 3000, full: 100_000 });
const part = count / 10;
const largeCount = sized({ small: 12, full: 120 });
const largeBytes = 4 * 1024 * 1024;
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
      const growth = (resident.at(-1) ?? Infinity) / (resident[0] ?? 1);
      report(`memory over ${count} small images`, {
        'resident after each tenth': resident
          .map((bytes) => `${Math.round(bytes / mib)}`)
          .join('/'),
        'last to first': growth.toFixed(2),
        'events per second': Math.round(count / seconds),
        lost: found.lost.length,
        doubled: found.doubled.length,
      });
      expect(found).toMatchObject(nothingWrong);
      // A small run has not filled its heap by its first tenth.
      if (sized({ small: 0, full: 1 }) === 1) expect(growth).toBeLessThanOrEqual(1.2);
    } finally {
      await bed.close();
    }
  });

  it('does not grow with what it is behind, however large the messages are', async () => {
    const chance = chanceFrom(seed, 6);
    const bed = await openBed({
      processes,
      brokers: services().kafka.brokers,
      mongo: services().mongo,
      settings: {
        mining: { maxBytesInFlight: 32 * mib, duplicates: { windowSeconds: 0, bits: 0 } },
      },
    });
    try {
      const events: MadeEvent[] = [];
      for (let n = 0; n < largeCount; n += 1) {
        const bytes = Buffer.concat([
          greyPng(noise(chance, 40, 'bright')),
          Buffer.alloc(largeBytes),
        ]);
        const identity = { eventId: `large-${seed}-${n}`, sourceId: `camera-${n % 8}` };
        const event: MadeEvent = {
          ...identity,
          occurredAt: Date.UTC(2026, 0, 1) + n * 1000,
          image: { bytes },
          fate: fateOf({ ...identity, bytes, isDark: false }),
        };
        events.push({ ...event, image: { bytes: Buffer.alloc(0) } });
        await bed.write([{ value: JSON.stringify(eventJson(event)), partition: n % 2 }]);
      }
      const worker = bed.workers.start();
      let peak = 0;
      await untilProgress(bed, 'large messages', async () => {
        peak = Math.max(peak, await residentBytes(worker.pid));
        const [offsets] = await bed.admin.fetchOffsets({
          groupId: bed.groupId,
          topics: [bed.topics.events],
        });
        const settled = (offsets?.partitions ?? []).reduce(
          (sum, { offset }) => sum + Math.max(0, Number(offset)),
          0,
        );
        return { done: settled >= largeCount, standing: String(settled) };
      });
      const letters = await bed.read(bed.topics.deadLetters);
      report(`${largeCount} messages of ${Math.round((largeBytes * 4) / 3 / mib)} MiB`, {
        'peak resident': `${Math.round(peak / mib)} MiB`,
        'in flight at most': '32 MiB',
        'dead letters': letters.length,
      });
      expect((await audit(bed, events)).lost).toEqual([]);
      // All at once would be some 700 MiB in the full run.
      expect(peak).toBeLessThan(600 * mib);
    } finally {
      await bed.close();
    }
  });
});

function* everyEvent(options: Parameters<typeof madeEvents>[2]): Generator<MadeEvent> {
  for (let at = 0; at < count; at += part) yield* madeEvents(at, at + part, options);
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
}
