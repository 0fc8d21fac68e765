import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Message } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../services/describe-with.js';
import { openProcesses } from '../services/processes.js';
import type { Processes } from '../services/processes.js';
import { audit, nothingWrong, untilMembers, untilSettled } from './audit.js';
import { avroMessages } from './avro-messages.js';
import { messageOf, openBed } from './bed.js';
import type { Bed, ReadRecord } from './bed.js';
import { chanceFrom } from './chance.js';
import { greyPng, noise } from './made-picture.js';
import { fateOf, madeEvents, model, withoutDuplicates } from './made-stream.js';
import type { MadeEvent } from './made-stream.js';
import { report, seed, sized } from './size.js';

const count = sized({ small: 500, full: 10_000 });
const poisonCount = sized({ small: 24, full: 100 });
/** Whose picture is missing at first. */
const lateCount = sized({ small: 6, full: 30 });
/** The made pictures have at most 2209. */
const maxPixels = 10_000;
const maxFetchedBytes = 64 * 1024;
const maxLetterBytes = 128 * 1024;
const codecs = ['gzip', 'snappy', 'lz4', 'zstd'];

describeWith(['kafka', 'mongo', 'registry'], 'poison among events', (services) => {
  let processes: Processes;
  beforeAll(() => (processes = openProcesses()));
  afterAll(() => processes.close());

  it('becomes dead letters, each with its record, and comes back when replayed', async () => {
    const pictures = await servePictures();
    const { origin } = pictures;
    const events = madeEvents(0, count, { name: 'poison', sources: 8, darkShare: 0.15 });
    const bed = await openBed({
      processes,
      brokers: services().kafka.brokers,
      mongo: services().mongo,
      registry: services().registry,
      settings: {
        fetch: { allowOrigins: [origin], attempts: 2, maxBytes: maxFetchedBytes },
        mining: { ...withoutDuplicates, maxPixels },
      },
    });
    try {
      // A letter whose record is larger than this is kept without it.
      await bed.setTopic(bed.topics.deadLetters, { 'max.message.bytes': String(maxLetterBytes) });
      const [avro] = await avroMessages(events.slice(0, 1), bed, services().registry.url);
      const kinds = poisonKinds(origin, Buffer.from((avro?.value as Buffer | undefined) ?? ''));
      const poison = Array.from({ length: poisonCount }, (_, n): Poison => {
        const kind = kinds[n % kinds.length];
        if (kind === undefined) throw new Error('no kinds');
        return { code: kind.code, omitted: kind.omitted === true, message: kind.make(n) };
      });
      const late = Array.from({ length: lateCount }, (_, n) => lateEvent(n, origin));
      const mendable = late.map((event, n): Poison => ({
        code: 'image.not-found',
        omitted: false,
        message: { ...messageOf(event, bed.partitions), headers: { trace: `late-${n}` } },
      }));
      const all = [...poison, ...mendable];
      // A rebalance delivers again what is not committed, and so buries it twice: after the start
      // there is none.
      await bed.workers.scaleTo(2);
      await untilMembers(bed, 2);
      // Both in between each other.
      const step = Math.floor(count / all.length);
      for (const [n, { message }] of all.entries()) {
        await bed.send(events.slice(n * step, n === all.length - 1 ? count : (n + 1) * step));
        await bed.write([message]);
      }
      await untilSettled(bed);
      const found = await audit(bed, events);
      const letters = await lettersOf(bed);
      const wrong = all.filter((each) => burials(each, letters, 0) !== 1);

      // What was missing appears; nothing else is mended.
      late.forEach((event) => pictures.show(event));
      const replay = await bed.workers.run(['dlq', 'replay', '--all', '--json']);
      expect(replay).toMatchObject({ code: 0 });
      const replayed = JSON.parse(replay.stdout) as ReplayResult;
      await untilSettled(bed);
      const mended = await audit(bed, [...events, ...late]);
      const after = await lettersOf(bed);
      const back = poison.filter(
        (each) => burials(each, after, 0) === 1 && burials(each, after, 1) === 1,
      );
      const settled = mendable.filter(
        (each) => burials(each, after, 0) === 1 && burials(each, after, 1) === 0,
      );
      const list = await bed.workers.run(['dlq', 'list', '--json']);
      expect(list).toMatchObject({ code: 0 });
      const listed = JSON.parse(list.stdout) as { readonly total: number; replayed: number };
      report(`${poisonCount} poison messages of ${kinds.length} kinds, ${lateCount} to be mended`, {
        events: count,
        tasks: `${found.found} of ${found.expected}`,
        lost: found.lost.length,
        doubled: found.doubled.length,
        'dead letters': letters.length,
        'with another record or code': wrong.length,
        replayed: replayed.replayed,
        'tasks after that': `${mended.found} of ${mended.expected}`,
        'back with the same code': back.length,
        mended: settled.length,
        'dead letters then': after.length,
      });
      expect(found).toMatchObject(nothingWrong);
      expect(letters).toHaveLength(all.length);
      expect(wrong).toEqual([]);
      expect(replayed).toMatchObject({
        replayed: all.length,
        before: 0,
        tooOften: 0,
        gone: 0,
        goneLetters: [],
      });
      expect(mended).toMatchObject(nothingWrong);
      expect(mended.found).toBe(found.found + lateCount);
      expect(back).toHaveLength(poisonCount);
      expect(settled).toHaveLength(lateCount);
      expect(after).toHaveLength(all.length + poisonCount);
      expect(listed).toMatchObject({ total: after.length, replayed: all.length });
    } finally {
      await Promise.all([bed.close(), pictures.close()]);
    }
  });

  it('is not what producers with any compression send', async () => {
    const events = madeEvents(0, count, { name: 'codecs', sources: 8, darkShare: 0.15 });
    const bed = await openBed({
      processes,
      brokers: services().kafka.brokers,
      mongo: services().mongo,
    });
    try {
      const share = Math.ceil(count / codecs.length);
      for (const [index, codec] of codecs.entries()) {
        // The broker compresses what is written while the topic says so: real encoders of Kafka's.
        await bed.setTopic(bed.topics.events, { 'compression.type': codec });
        await bed.send(events.slice(index * share, (index + 1) * share));
      }
      await bed.workers.scaleTo(2);
      await untilSettled(bed);
      const found = await audit(bed, events);
      report(`compressed with ${codecs.join(', ')}`, {
        events: count,
        tasks: `${found.found} of ${found.expected}`,
        lost: found.lost.length,
        doubled: found.doubled.length,
      });
      expect(found).toMatchObject(nothingWrong);
      expect(await bed.read(bed.topics.deadLetters)).toEqual([]);
    } finally {
      await bed.close();
    }
  });
});

interface ReplayResult {
  readonly replayed: number;
  readonly before: number;
  readonly tooOften: number;
  readonly gone: number;
  readonly goneLetters: readonly string[];
}

/** One record that can't be processed, and what has to become of it. */
interface Poison {
  readonly code: string;
  /** Whether its record is too large for the topic of dead letters. */
  readonly omitted: boolean;
  readonly message: Message;
}

interface PoisonKind {
  readonly code: string;
  readonly omitted?: boolean;
  make(n: number): Message;
}

function poisonKinds(origin: string, avro: Buffer): readonly PoisonKind[] {
  const event = (n: number, more: object) => ({
    eventId: `poison-${seed}-${n}`,
    occurredAt: Date.UTC(2026, 0, 1),
    modelName: model.name,
    modelVersion: model.version,
    sourceId: 'camera-1',
    image: { bytes: Buffer.from('no image').toString('base64') },
    ...more,
  });
  const record = (code: string, value: (n: number) => string | Buffer | null): PoisonKind => ({
    code,
    make: (n) => ({
      key: `poison-${n}`,
      value: value(n),
      headers: { trace: `trace-${n}` },
      partition: n % 2,
    }),
  });
  const json = (code: string, more: object) => record(code, (n) => JSON.stringify(event(n, more)));
  const bytes = (content: string | Buffer) => ({
    image: { bytes: Buffer.from(content).toString('base64') },
  });
  const jpegStart = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');
  const unknownSchema = Buffer.from(avro);
  if (unknownSchema.length > 5) unknownSchema.writeUInt32BE(2_000_000_000, 1);
  // A whole picture, dark, which would be a task but for its size.
  const large = greyPng(noise(chanceFrom(seed, 8), Math.ceil(Math.sqrt(maxPixels)) + 1, 'dark'));
  return [
    json('image.too-large', bytes(large)),
    json('image.too-large', { image: { uri: `${origin}/huge.png` } }),
    // Beyond the limit of the bytes of an image, which counts for those inside an event too.
    { ...json('image.too-large', bytes(randomBytes(2 * maxLetterBytes))), omitted: true },
    record('event.unreadable', (n) => `{"eventId": "poison-${n}"`),
    record('event.unreadable', () => null),
    record('event.unreadable', () => Buffer.from([0xff, 0xfe, 0x00, 0x01])),
    record('event.unreadable', () => avro.subarray(0, Math.min(avro.length, 20))),
    record('event.unreadable', () => unknownSchema),
    json('event.invalid', { occurredAt: 'yesterday' }),
    json('event.invalid', { sourceId: undefined }),
    json('event.invalid', { embedding: [1, 'two'] }),
    json('image.undecodable', {}),
    json('image.undecodable', bytes(jpegStart)),
    json('image.undecodable', bytes('<svg xmlns="http://www.w3.org/2000/svg"/>')),
    json('image.hash-mismatch', {
      image: { bytes: Buffer.from('x').toString('base64'), sha256: 'ab'.repeat(32) },
    }),
    json('image.forbidden', { image: { uri: 'http://169.254.169.254/latest/meta-data' } }),
    json('image.forbidden', { image: { uri: 'file:///etc/passwd' } }),
    json('image.not-found', { image: { uri: `${origin}/gone.png` } }),
  ];
}

/** A dark picture that is not there yet. */
function lateEvent(n: number, origin: string): LateEvent {
  const bytes = greyPng(noise(chanceFrom(seed, 9, n), 40, 'dark'));
  const identity = { eventId: `late-${seed}-${n}`, sourceId: `camera-${n % 8}` };
  return {
    ...identity,
    occurredAt: Date.UTC(2026, 0, 3) + n * 1000,
    image: { uri: `${origin}/late-${n}.png` },
    bytes,
    fate: fateOf({ ...identity, bytes, isDark: true }),
  };
}

interface LateEvent extends MadeEvent {
  readonly image: { readonly uri: string };
  readonly bytes: Buffer;
}

/** Serves what it was shown, `huge.png` beyond any limit, and 404 for all else. */
async function servePictures() {
  const shown = new Map<string, Buffer>();
  const huge = greyPng(noise(chanceFrom(seed, 10), 20, 'dark'));
  const server = createServer(({ url = '' }, response) => {
    const found =
      url === '/huge.png' ? Buffer.concat([huge, randomBytes(maxFetchedBytes)]) : shown.get(url);
    if (found === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'image/png' }).end(found);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    show: ({ image, bytes }: LateEvent) => void shown.set(new URL(image.uri).pathname, bytes),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Without the notes of what was replayed, which lie on the same topic. */
async function lettersOf(bed: Bed): Promise<ReadRecord[]> {
  const records = await bed.read(bed.topics.deadLetters);
  return records.filter(({ headers }) => headers['edgeminer.replayed'] === undefined);
}

/** How many of the letters are this record's, after so many replays. */
function burials(
  { code, omitted, message: { key, value, headers } }: Poison,
  letters: readonly ReadRecord[],
  replays: number,
): number {
  const plain = (content: string | Buffer | null | undefined) =>
    content == null ? null : Buffer.from(content as string).toString('hex');
  const bytes = value == null ? 0 : Buffer.from(value as string).length;
  const told = (letter: ReadRecord, header: string) => {
    const found = letter.headers[header];
    return found === undefined ? undefined : String(found);
  };
  return letters.filter(
    (letter) =>
      plain(letter.key) === plain(key) &&
      (omitted || plain(letter.value) === plain(value)) &&
      told(letter, 'edgeminer.value-omitted') === (omitted ? String(bytes) : undefined) &&
      plain(letter.headers['trace']) === plain(headers?.['trace'] as string) &&
      told(letter, 'edgeminer.error.code') === code &&
      Number(told(letter, 'edgeminer.replays') ?? 0) === replays &&
      told(letter, '__connect.errors.topic') === told(letter, 'edgeminer.topic'),
  ).length;
}
