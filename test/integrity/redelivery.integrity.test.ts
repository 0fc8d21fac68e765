import { BSON } from 'mongodb';
import type { Document } from 'mongodb';
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

  async function mined(
    bed: Bed,
    events: readonly MadeEvent[],
    without?: Readonly<Record<string, readonly string[]>>,
  ): Promise<string[]> {
    await bed.send(events);
    await untilSettled(bed);
    return dump(bed, without);
  }

  it('three times, shuffled, leaves what the first time made, near-duplicates and all', async () => {
    const chance = chanceFrom(seed, 4);
    const events = alike(chance);
    const bed = await bedOf({ mining: { duplicates: { windowSeconds: 1e7, bits: 10 } } });
    try {
      await bed.workers.scaleTo(2);
      const first = await mined(bed, chance.shuffled(events), lastPut);
      const made = await outcome(bed, events);
      expect(made.noted).toBeGreaterThan(0);
      const differing: string[][] = [];
      for (let time = 0; time < 2; time += 1) {
        const again = await mined(bed, chance.shuffled(events), lastPut);
        differing.push(difference(first, again));
      }
      const letters = await bed.read(bed.topics.deadLetters);
      const delivered = await records(bed);
      report('delivered three times, shuffled', {
        events: events.length,
        records: delivered,
        tasks: made.tasks,
        'near-duplicates noted': made.noted,
        documents: first.length,
        'sha256 of the state': sha256(first.join('\n')).slice(0, 16),
        'documents that differ': differing.map((lines) => lines.length).join('/'),
        'neither task nor noted': made.lost.length,
        'both, or noted twice': made.doubled.length,
        'dead letters': letters.length,
      });
      expect(delivered).toBe(3 * events.length);
      expect(made).toMatchObject({ lost: [], doubled: [], unexpected: [] });
      expect(differing).toEqual([[], []]);
      expect(letters).toEqual([]);
    } finally {
      await bed.close();
    }
  });

  it('in two orders into two stores makes the same, where nothing is alike', async () => {
    const chance = chanceFrom(seed, 5);
    const events = madeEvents(0, count, { name: 'orders', sources: 8, darkShare: 0.2 });
    const states: string[][] = [];
    const letters: number[] = [];
    for (let order = 0; order < 2; order += 1) {
      const bed = await bedOf({ mining: withoutDuplicates });
      try {
        await bed.workers.scaleTo(2);
        states.push(await mined(bed, chance.shuffled(events), auditFields));
        letters.push((await bed.read(bed.topics.deadLetters)).length);
        expect(await audit(bed, events)).toMatchObject(nothingWrong);
      } finally {
        await bed.close();
      }
    }
    const [one = [], other = []] = states;
    const differing = difference(one, other);
    report('two orders into two stores', {
      events: count,
      documents: one.length,
      'documents that differ': differing.length,
      'left out': Object.entries(auditFields)
        .flatMap(([collection, fields]) => fields.map((field) => `${collection}.${field}`))
        .join(' '),
      'dead letters': letters.join('/'),
    });
    expect(one.length).toBeGreaterThan(0);
    expect(differing).toEqual([]);
    expect(letters).toEqual([0, 0]);
  });
});

/**
 * When a picture was put last, which retention goes by: it must not take away what an offer has
 * just put again. No other time changes, and nothing else.
 */
const lastPut: Readonly<Record<string, readonly string[]>> = { 'images.files': ['uploadDate'] };

/**
 * What tells when a document was written, and so differs between two stores: by collection.
 * `offeredAt` is the clock at the first offer, `uploadDate` the clock at the first upload, and the
 * `_id` of a chunk is an ObjectId that the driver makes of the clock and of chance. An entry of the
 * audit trail holds the clock, and hashes it.
 */
const auditFields: Readonly<Record<string, readonly string[]>> = {
  tasks: ['offeredAt', 'audit.at', 'audit.hash', 'auditHead.hash'],
  'images.files': ['uploadDate'],
  'images.chunks': ['_id'],
};

interface Outcome {
  readonly tasks: number;
  readonly noted: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly unexpected: readonly string[];
}

/** Each candidate is a task, or noted as a near-duplicate of one, once; nothing else is. */
async function outcome(bed: Bed, events: readonly MadeEvent[]): Promise<Outcome> {
  const found = new Map<string, number>();
  const count = (eventId: string) => found.set(eventId, (found.get(eventId) ?? 0) + 1);
  let [tasks, noted] = [0, 0];
  const stored = bed.db.collection<{ eventId: string; duplicates: string[] }>('tasks');
  for await (const { eventId, duplicates } of stored.find()) {
    [tasks, noted] = [tasks + 1, noted + duplicates.length];
    [eventId, ...duplicates].forEach(count);
  }
  const wanted = events.filter(({ fate }) => fate.kind === 'task').map(({ eventId }) => eventId);
  const known = new Set(wanted);
  return {
    tasks,
    noted,
    lost: wanted.filter((eventId) => !found.has(eventId)),
    doubled: [...found].filter(([, times]) => times > 1).map(([eventId]) => eventId),
    unexpected: [...found.keys()].filter((eventId) => !known.has(eventId)),
  };
}

async function records(bed: Bed): Promise<number> {
  const ends = await bed.admin.fetchTopicOffsets(bed.topics.events);
  return ends.reduce((sum, { high }) => sum + Number(high), 0);
}

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

/**
 * Every document of every collection as one line, with the types and the order of its fields, but
 * for the fields of these names.
 */
async function dump(
  bed: Bed,
  without: Readonly<Record<string, readonly string[]>> = {},
): Promise<string[]> {
  const lines: string[] = [];
  for (const { name } of await bed.db.listCollections().toArray()) {
    // Numbers and binary data as they are stored, not as the driver makes them.
    const stored = bed.db.collection(name).find({}, { promoteValues: false });
    for await (const document of stored) lines.push(`${name} ${lineOf(document, without[name])}`);
  }
  return lines.sort();
}

function lineOf(document: Document, without: readonly string[] = []): string {
  return BSON.EJSON.stringify(leftOver(document, without), { relaxed: false });
}

/** Without the fields of these names; `audit.at` is left out of each element of the list. */
function leftOver(value: unknown, without: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((each) => leftOver(each, without));
  if (without.length === 0 || typeof value !== 'object' || value === null) return value;
  const within = (field: string) =>
    without.flatMap((path) => (path.startsWith(`${field}.`) ? path.slice(field.length + 1) : []));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([field]) => !without.includes(field))
      .map(([field, each]) => {
        const deeper = within(field);
        return [field, deeper.length === 0 ? (each as unknown) : leftOver(each, deeper)];
      }),
  );
}

/** Lines that one of them has more often than the other. */
function difference(a: readonly string[], b: readonly string[]): string[] {
  const more = new Map<string, number>();
  for (const line of a) more.set(line, (more.get(line) ?? 0) + 1);
  for (const line of b) more.set(line, (more.get(line) ?? 0) - 1);
  return [...more].filter(([, times]) => times !== 0).map(([line]) => line);
}
