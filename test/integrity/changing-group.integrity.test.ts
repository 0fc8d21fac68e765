import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../services/describe-with.js';
import { openProcesses } from '../services/processes.js';
import type { Processes } from '../services/processes.js';
import { audit, nothingWrong, untilMembers, untilSettled, untilTasks } from './audit.js';
import { openBed } from './bed.js';
import type { Bed, BedOptions } from './bed.js';
import { chanceFrom } from './chance.js';
import { greyPng, noise } from './made-picture.js';
import { fateOf, madeEvents, withoutDuplicates } from './made-stream.js';
import type { MadeEvent } from './made-stream.js';
import { report, seed, sized } from './size.js';
import { serveSlowly } from './slow-pictures.js';

const count = sized({ small: 600, full: 10_000 });
/** The broker allows 6 s; the default is 30 s. */
const sessionTimeoutSeconds = sized({ small: 6, full: 30 });
const pausedSeconds = sized({ small: 9, full: 45 });
const slowSeconds = sized({ small: 9, full: 60 });

describeWith(['kafka', 'mongo'], 'a group that changes', (services) => {
  let processes: Processes;
  beforeAll(() => (processes = openProcesses()));
  afterAll(() => processes.close());

  const bedOf = (options: Partial<BedOptions>) =>
    openBed({
      processes,
      brokers: services().kafka.brokers,
      mongo: services().mongo,
      ...options,
    });

  const isTask = ({ fate }: MadeEvent) => fate.kind === 'task';

  async function account(
    bed: Bed,
    scenario: string,
    events: readonly MadeEvent[],
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await untilSettled(bed);
    const found = await audit(bed, events);
    const letters = await bed.read(bed.topics.deadLetters);
    report(scenario, {
      events: events.length,
      tasks: `${found.found} of ${found.expected}`,
      lost: found.lost.length,
      doubled: found.doubled.length,
      'dead letters': letters.length,
      ...more,
    });
    expect(found).toMatchObject(nothingWrong);
    expect(letters).toEqual([]);
  }

  it('loses and doubles nothing as it grows to 4 workers and shrinks to 1 under load', async () => {
    const events = madeEvents(0, count, { name: 'scaled', sources: 8, darkShare: 0.2 });
    const bed = await bedOf({ partitions: 4 });
    try {
      const sizes = [1, 4, 1, 3, 1];
      let tasks = 0;
      const codes: (number | null)[] = [];
      for (const [index, workers] of sizes.entries()) {
        const part = events.slice(
          (count * index) / sizes.length,
          (count * (index + 1)) / sizes.length,
        );
        await bed.send(part);
        const ended = await bed.workers.scaleTo(workers);
        codes.push(...ended.map(({ code }) => code));
        // The next change comes while this part is worked on.
        await untilTasks(bed, tasks + part.filter(isTask).length / 2);
        tasks += part.filter(isTask).length;
      }
      await account(bed, `workers ${sizes.join(' to ')}`, events, {
        'exit codes': codes.join('/'),
      });
      expect(codes).toEqual([0, 0, 0, 0, 0]);
    } finally {
      await bed.close();
    }
  });

  it('goes on without a worker that stands still, and takes it back', async () => {
    const events = madeEvents(0, count, { name: 'paused', sources: 8, darkShare: 0.2 });
    const third = Math.floor(count / 3);
    const bed = await bedOf({ sessionTimeoutSeconds });
    try {
      await bed.workers.scaleTo(2);
      // Each has a partition: what the one has is not done without it.
      await untilMembers(bed, 2);
      await bed.send(events.slice(0, third));
      await untilTasks(bed, events.slice(0, third).filter(isTask).length / 2);
      const [still] = bed.workers.running;
      still?.pause();
      const leastPause = delay(pausedSeconds * 1000);
      await bed.send(events.slice(third, 2 * third));
      // The other one takes over all of it, once the group has given this one up.
      await untilSettled(bed);
      await leastPause;
      still?.resume();
      await bed.send(events.slice(2 * third));
      await account(bed, `worker stopped for ${pausedSeconds} s and resumed`, events, {
        'session time-out': `${sessionTimeoutSeconds} s`,
      });
      // It has outlived what it did not notice, and ends as it should.
      expect((await still?.terminate())?.code).toBe(0);
    } finally {
      await bed.close();
    }
  });

  it('goes on around a picture that takes longer than the session', async () => {
    const others = madeEvents(0, count, { name: 'quick', sources: 8, darkShare: 0.2 });
    const bytes = greyPng(noise(chanceFrom(seed, 7), 40, 'dark'));
    const pictures = await serveSlowly(bytes);
    const identity = { eventId: `slow-${seed}`, sourceId: 'camera-100' };
    const slow: MadeEvent = {
      ...identity,
      occurredAt: Date.UTC(2026, 0, 2),
      image: { uri: `${pictures.origin}/slow.png` },
      fate: fateOf({ ...identity, bytes, isDark: true }),
    };
    const bed = await bedOf({
      sessionTimeoutSeconds,
      settings: {
        fetch: { allowOrigins: [pictures.origin], timeoutSeconds: slowSeconds + 120 },
        mining: withoutDuplicates,
      },
    });
    try {
      const ahead = Math.floor(count / 10);
      await bed.send([...others.slice(0, ahead), slow, ...others.slice(ahead)]);
      await bed.workers.scaleTo(1);
      const leastHold = delay(slowSeconds * 1000);
      // Those behind it in the same partition too.
      await untilTasks(bed, others.filter(isTask).length);
      const before = await audit(bed, others);
      await leastHold;
      pictures.release();
      await account(bed, `picture that takes ${slowSeconds} s`, [...others, slow], {
        'session time-out': `${sessionTimeoutSeconds} s`,
        'done meanwhile': `${before.found} of ${before.expected}`,
        requests: pictures.requests,
      });
      expect(before).toMatchObject(nothingWrong);
      // Nobody was thrown out of the group over it.
      expect(pictures.requests).toBe(1);
    } finally {
      await Promise.all([bed.close(), pictures.close()]);
    }
  });
});
