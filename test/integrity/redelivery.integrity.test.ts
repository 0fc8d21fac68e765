import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../services/describe-with.js';
import { openProcesses } from '../services/processes.js';
import type { Processes } from '../services/processes.js';
import { audit, nothingWrong, untilSettled } from './audit.js';
import { openBed } from './bed.js';
import type { Bed } from './bed.js';
import { chanceFrom } from './chance.js';
import type { Chance } from './chance.js';
import { greyPng, noise } from './made-picture.js';
import { fateOf, madeEvents, sha256, withoutDuplicates } from './made-stream.js';
import type { MadeEvent } from './made-stream.js';
import { report, seed, sized } from './size.js';

const count = sized({ small: 400, full: 10_000 });
const side = 40;

describeWith(['kafka', 'mongo'], 'a stream that is delivered again', (services) => {
  let processes: Processes;
  beforeAll(() => (processes = openProcesses()));
  afterAll(() => processes.close());

  const bedOf = (settings: Readonly<Record<string, unknown>>) =>
    openBed({ processes, brokers: services().kafka.brokers, mongo: services().mongo, settings });

  async function mined(bed: Bed, events: readonly MadeEvent[]): Promise<string[]> {
    await bed.send(events);
    await untilSettled(bed);
    return dump(bed);
  }

  it('three times, shuffled, leaves what the first time made, near-duplicates and all', async () => {
    const chance = chanceFrom(seed, 4);
    const events = alike(chance);
    const bed = await bedOf({ mining: { duplicates: { windowSeconds: 1e7, bits: 10 } } });
    try {
      await bed.workers.scaleTo(2);
      const first = await mined(bed, chance.shuffled(events));
      const tasks = await bed.db.collection('tasks').countDocuments();
      const noted = await bed.db
        .collection('tasks')
        .aggregate<{ n: number }>([
          { $group: { _id: null, n: { $sum: { $size: '$duplicates' } } } },
        ])
        .toArray();
      expect(noted[0]?.n).toBeGreaterThan(0);
      const differing: number[] = [];
      for (let again = 0; again < 2; again += 1) {
        const state = await mined(bed, chance.shuffled(events));
        differing.push(difference(first, state).length);
        expect(difference(first, state)).toEqual([]);
      }
      report('delivered three times, shuffled', {
        events: events.length,
        tasks,
        'near-duplicates noted': noted[0]?.n,
        documents: first.length,
        'sha256 of the state': sha256(first.join('\n')).slice(0, 16),
        'documents that differ': differing.join('/'),
        'dead letters': (await bed.read(bed.topics.deadLetters)).length,
      });
    } finally {
      await bed.close();
    }
  });

  it('in two orders into two stores makes the same, where nothing is alike', async () => {
    const chance = chanceFrom(seed, 5);
    const events = madeEvents(0, count, { name: 'orders', sources: 8, darkShare: 0.2 });
    const states: string[][] = [];
    for (let order = 0; order < 2; order += 1) {
      const bed = await bedOf({ mining: withoutDuplicates });
      try {
        await bed.workers.scaleTo(2);
        states.push((await mined(bed, chance.shuffled(events))).map(withoutDriverIds).sort());
        expect(await audit(bed, events)).toMatchObject(nothingWrong);
      } finally {
        await bed.close();
      }
    }
    const [one = [], other = []] = states;
    report('two orders into two stores', {
      events: count,
      documents: one.length,
      'documents that differ': difference(one, other).length,
    });
    expect(difference(one, other)).toEqual([]);
  });
});

/** Dark pictures, each the last one of its source a little changed: chains of near-duplicates. */
function alike(chance: Chance): MadeEvent[] {
  const sources = 20;
  const last = new Map<string, Uint8Array>();
  return Array.from({ length: count }, (_, n) => {
    const sourceId = `camera-${n % sources}`;
    const isDark = chance.next() < 0.3;
    const before = last.get(sourceId);
    let levels = noise(chance, side, isDark ? 'dark' : 'bright');
    if (isDark && before !== undefined && chance.next() < 0.7) {
      levels = before.map((level) => (chance.next() < 0.15 ? 1 + chance.below(30) : level));
    }
    if (isDark) last.set(sourceId, levels);
    const bytes = greyPng(levels);
    const eventId = `alike-${seed}-${n}`;
    return {
      eventId,
      sourceId,
      occurredAt: Date.UTC(2026, 0, 1) + n * 1000,
      image: { bytes },
      fate: fateOf({ eventId, sourceId, bytes, isDark }),
    };
  });
}

/** Every document of every collection as one line, but for when it was first offered. */
async function dump(bed: Bed): Promise<string[]> {
  const lines: string[] = [];
  for (const { name } of await bed.db.listCollections().toArray()) {
    for await (const document of bed.db.collection(name).find().sort({ _id: 1 })) {
      const plain = JSON.stringify(document, (key, value: unknown) =>
        ['offeredAt', 'uploadDate', 'storedAt'].includes(key) ? undefined : ordered(value),
      );
      lines.push(`${name} ${plain}`);
    }
  }
  return lines.sort();
}

/** The driver makes up ids for the chunks of a file. */
function withoutDriverIds(line: string): string {
  return line.replace(/^(images\.chunks \{)"_id":"[0-9a-f]{24}",/, '$1');
}

/** Near-duplicates are a set; chunks and files have ids of no meaning. */
function ordered(value: unknown): unknown {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) return value;
  return [...value].sort();
}

function difference(a: readonly string[], b: readonly string[]): string[] {
  const [left, right] = [new Set(a), new Set(b)];
  return [...a.filter((line) => !right.has(line)), ...b.filter((line) => !left.has(line))].slice(
    0,
    5,
  );
}
