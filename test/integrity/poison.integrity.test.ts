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
import { openBed } from './bed.js';
import type { ReadRecord } from './bed.js';
import { madeEvents, model } from './made-stream.js';
import { report, seed, sized } from './size.js';

const count = sized({ small: 500, full: 10_000 });
const poisonCount = sized({ small: 24, full: 100 });
const codecs = ['gzip', 'snappy', 'lz4', 'zstd'];

describeWith(['kafka', 'mongo', 'registry'], 'poison among events', (services) => {
  let processes: Processes;
  beforeAll(() => (processes = openProcesses()));
  afterAll(() => processes.close());

  it('becomes dead letters, each with its record and replayable, and nothing else does', async () => {
    const gone = createServer((_, response) => response.writeHead(404).end());
    await once(gone.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    const events = madeEvents(0, count, { name: 'poison', sources: 8, darkShare: 0.15 });
    const bed = await openBed({
      processes,
      brokers: services().kafka.brokers,
      mongo: services().mongo,
      registry: services().registry,
      settings: { fetch: { allowOrigins: [origin], attempts: 2 } },
    });
    try {
      const [avro] = await avroMessages(events.slice(0, 1), bed, services().registry.url);
      const kinds = poisonKinds(origin, Buffer.from((avro?.value as Buffer | undefined) ?? ''));
      const poison = Array.from({ length: poisonCount }, (_, n) => {
        const kind = kinds[n % kinds.length];
        if (kind === undefined) throw new Error('no kinds');
        return { code: kind.code, message: kind.make(n) };
      });
      // A rebalance delivers again what is not committed, and so buries it twice: after the start
      // there is none.
      await bed.workers.scaleTo(2);
      await untilMembers(bed, 2);
      // Both in between each other.
      const step = Math.floor(count / poisonCount);
      for (const [n, { message }] of poison.entries()) {
        await bed.send(events.slice(n * step, n === poisonCount - 1 ? count : (n + 1) * step));
        await bed.write([message]);
      }
      await untilSettled(bed);
      const found = await audit(bed, events);
      const letters = await bed.read(bed.topics.deadLetters);
      const wrong = poison.filter(({ code, message }) => !isBuried(message, code, letters));

      // Each is replayed as it came, and comes back with the same code.
      for (const letter of letters) {
        const { key, value, headers } = letter;
        const own = Object.fromEntries(
          Object.entries(headers).filter(([name]) => name.startsWith('trace')),
        );
        await bed.write([{ key, value, headers: own, partition: 0 }]);
      }
      await untilSettled(bed);
      const again = await bed.read(bed.topics.deadLetters);
      const replayed = poison.filter(
        ({ code, message }) => again.filter((each) => isBuried(message, code, [each])).length === 2,
      );
      report(`${poisonCount} poison messages of ${kinds.length} kinds`, {
        events: count,
        tasks: `${found.found} of ${found.expected}`,
        lost: found.lost.length,
        doubled: found.doubled.length,
        'dead letters': letters.length,
        'with another record or code': wrong.length,
        replayable: replayed.length,
      });
      expect(found).toMatchObject(nothingWrong);
      expect(letters).toHaveLength(poisonCount);
      expect(wrong).toEqual([]);
      expect(replayed).toHaveLength(poisonCount);
    } finally {
      await bed.close();
      gone.close();
      gone.closeAllConnections();
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

interface PoisonKind {
  readonly code: string;
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
  return [
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
    json('image.not-found', { image: { uri: `${origin}/gone.jpg` } }),
  ];
}

function isBuried(
  { key, value, headers }: Message,
  code: string,
  letters: readonly ReadRecord[],
): boolean {
  const plain = (content: string | Buffer | null | undefined) =>
    content == null ? null : Buffer.from(content as string).toString('hex');
  return letters.some(
    (letter) =>
      plain(letter.key) === plain(key) &&
      plain(letter.value) === plain(value) &&
      plain(letter.headers['trace']) === plain(headers?.['trace'] as string) &&
      String(letter.headers['edgeminer.error.code']) === code &&
      String(letter.headers['__connect.errors.topic']) ===
        String(letter.headers['edgeminer.topic']),
  );
}
