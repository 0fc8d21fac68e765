import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, Partitioners, logLevel } from 'kafkajs';
import { expect, it } from 'vitest';
import { writeJsonEvent } from '../../src/event/json-event.js';
import { testTopics } from '../adapters/kafka/topics.js';
import { eventOf, picture } from '../mine/mining-bench.js';
import { describeWith } from '../services/describe-with.js';
import { runEdgeminer } from './run-edgeminer.js';

interface Listed {
  readonly total: number;
  readonly replayed: number;
  readonly byCode: Record<string, number>;
  readonly letters: {
    letter: string;
    code: string;
    origin: { partition: number };
    bytes: number;
  }[];
}

describeWith(['kafka'], 'edgeminer dlq', (services) => {
  it('lists dead letters, and replays them once what was wrong is mended', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'edgeminer-dlq-'));
    const bytes = await picture(1, 'dark');
    const server = createServer((_, response) => response.end(bytes));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const topics = await testTopics(services().kafka.brokers, { partitions: 2 });
    const { settings } = topics;
    const configure = (allowOrigins: readonly string[]) =>
      writeFile(
        join(directory, 'edgeminer.config.yaml'),
        JSON.stringify({
          kafka: { brokers: settings.brokers, groupId: settings.groupId, topics: settings.topics },
          models: [{ name: 'm', embedder: 'none', reference: 'none' }],
          mining: { duplicates: { windowSeconds: 0, bits: 0 } },
          policies: { default: { controlSample: 0 } },
          fetch: { allowOrigins, attempts: 1 },
          log: { level: 'error' },
        }),
      );
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await runEdgeminer([...args, '--json'], directory);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const list = async (...args: string[]) =>
      (await run('dlq', 'list', ...args)) as unknown as Listed;
    try {
      await configure([]);
      const poison = [...Array(12).keys()].map((n) => ({
        key: `bad-${n}`,
        // The first has two lines: no line of JSON.
        value: n % 2 === 0 ? `{"eventId":${n === 0 ? '\n' : ' '}"${n}"` : '{"eventId": "x"}',
        headers: { trace: `t-${n}` },
        partition: n % 2,
      }));
      const forbidden = [...Array(5).keys()].map((n) => ({
        key: `far-${n}`,
        value: JSON.stringify(
          writeJsonEvent(
            // Alike pictures of one moment would be near-duplicates.
            eventOf(`far-${n}`, `${origin}/${n}.png`, { occurredAt: 1_760_000_000_001 + n }),
          ),
        ),
        headers: { trace: `f-${n}` },
        partition: n % 2,
      }));
      const good = await Promise.all(
        [...Array(6).keys()].map(async (n) => ({
          value: JSON.stringify(writeJsonEvent(eventOf(`good-${n}`, await picture(n, 'dark')))),
          partition: n % 2,
        })),
      );
      const producer = new Kafka({
        brokers: [...settings.brokers],
        logLevel: logLevel.NOTHING,
      }).producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      await producer.send({
        topic: settings.topics.events,
        messages: [...poison, ...forbidden, ...good],
      });
      await producer.disconnect();
      expect(await run('mine', '--source', 'kafka', '--once')).toMatchObject({
        queued: 6,
        rejected: 17,
      });

      const all = await list();
      expect(all).toMatchObject({
        total: 17,
        replayed: 0,
        byCode: { 'event.unreadable': 6, 'event.invalid': 6, 'image.forbidden': 5 },
      });
      expect(await list('--code', 'image.forbidden')).toMatchObject({ total: 5 });
      expect(await list('--offsets', '0:3-5')).toMatchObject({ total: 3 });
      expect(await list('--until', '2020-01-01')).toMatchObject({ total: 0 });
      expect((await list('--limit', '2')).letters).toHaveLength(2);
      const [first] = all.letters.filter(({ code }) => code === 'image.forbidden');
      const shown = await run('dlq', 'show', first?.letter ?? '', '--out', 'value.bin');
      expect(shown).toMatchObject({ code: 'image.forbidden', headers: {} });
      const kept = await readFile(join(directory, 'value.bin'), 'utf8');
      expect(forbidden.map(({ value }) => value)).toContain(kept);

      // Written to a file, and not remembered as replayed.
      const toFile = ['dlq', 'replay', '--code', 'event.unreadable', '--out', 'back.jsonl'];
      expect(await run(...toFile)).toMatchObject({
        replayed: 5,
        unfit: 1,
        unfitLetters: [expect.stringMatching(/^\d:\d+$/)],
      });
      const lines = (await readFile(join(directory, 'back.jsonl'), 'utf8')).split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.sort()).toEqual([2, 4, 6, 8, 10].map((n) => poison[n]?.value).sort());
      expect(await list()).toMatchObject({ total: 17, replayed: 0 });
      const nowhere = await runEdgeminer(
        ['dlq', 'replay', '--all', '--out', 'no/such/folder.jsonl'],
        directory,
      );
      expect(nowhere.code).toBe(1);
      expect(nowhere.stderr).toContain('Name a file that can be written');

      // Mended, and replayed by code.
      await configure([origin]);
      const code = ['--code', 'image.forbidden'];
      expect(await run('dlq', 'replay', ...code, '--dry-run')).toMatchObject({ replayed: 5 });
      expect(await run('dlq', 'replay', ...code)).toMatchObject({ replayed: 5, before: 0 });
      expect(await run('dlq', 'replay', ...code)).toMatchObject({ replayed: 0, before: 5 });
      const records = await topics.read(settings.topics.events, 28);
      const back = records.filter(({ headers }) => headers['edgeminer.replays'] === '1');
      const plain = (record: { key?: string | undefined; value: string | Buffer | null }) =>
        `${record.key ?? ''} ${String(record.value)}`;
      expect(back.map(plain).sort()).toEqual(forbidden.map(plain).sort());
      expect(back.map(({ headers }) => headers['trace']).sort()).toEqual(
        forbidden.map(({ headers }) => headers.trace).sort(),
      );
      expect(back.map(({ headers }) => headers['edgeminer.replay-of']).sort()).toEqual(
        all.letters
          .filter(({ code }) => code === 'image.forbidden')
          .map(({ letter }) => letter)
          .sort(),
      );
      expect(await run('mine', '--source', 'kafka', '--once')).toMatchObject({
        events: 5,
        queued: 5,
      });

      // What is still wrong comes back, and is counted as replayed.
      expect(await run('dlq', 'replay', '--offsets', '0:0')).toMatchObject({ replayed: 1 });
      expect(await run('mine', '--source', 'kafka', '--once')).toMatchObject({ rejected: 1 });
      const after = await list();
      expect(after).toMatchObject({ total: 18, replayed: 6 });
      expect(after.letters.at(-1)).toMatchObject({ replays: 1, replayed: false });

      const nothing = await runEdgeminer(['dlq', 'replay'], directory);
      expect(nothing.code).toBe(1);
      expect(nothing.stderr).toContain('--all');
      const wrong = await runEdgeminer(['dlq', 'list', '--code', 'no.such'], directory);
      expect(wrong.code).toBe(2);
    } finally {
      await topics.close();
      server.close();
      server.closeAllConnections();
      await rm(directory, { recursive: true });
    }
  });

  it('does the same with the file of the embedded store', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'edgeminer-dlq-'));
    try {
      const configure = (maxBytes: number) =>
        writeFile(
          join(directory, 'edgeminer.config.yaml'),
          JSON.stringify({
            models: [{ name: 'm', embedder: 'none', reference: 'none' }],
            fetch: { maxBytes },
            log: { level: 'error' },
          }),
        );
      await configure(10);
      const event = writeJsonEvent(eventOf('one', await picture(1, 'dark')));
      await writeFile(
        join(directory, 'events.jsonl'),
        `${JSON.stringify(event)}\n{"eventId": 1}\n`,
      );
      const mined = await runEdgeminer(
        ['mine', '--source', 'jsonl:events.jsonl', '--once', '--json'],
        directory,
      );
      expect(JSON.parse(mined.stdout), mined.stderr).toMatchObject({ rejected: 2 });
      const listed = await runEdgeminer(['dlq', 'list'], directory);
      expect(listed.stdout).toContain('image.too-large');
      expect(listed.stdout).toContain('2 dead letters in');

      // Mined elsewhere, from a file.
      const out = ['--out', 'back.jsonl', '--json'];
      const written = await runEdgeminer(['dlq', 'replay', '--all', ...out], directory);
      expect(JSON.parse(written.stdout), written.stderr).toMatchObject({ replayed: 2, unfit: 0 });
      expect(await readFile(join(directory, 'back.jsonl'), 'utf8')).toBe(
        await readFile(join(directory, 'events.jsonl'), 'utf8'),
      );

      await configure(1_000_000);
      const again = ['dlq', 'replay', '--code', 'image.too-large', '--json'];
      const replayed = await runEdgeminer(again, directory);
      expect(JSON.parse(replayed.stdout), replayed.stderr).toMatchObject({ replayed: 1 });
      const stats = await runEdgeminer(['queue', 'stats', '--json'], directory);
      expect(JSON.parse(stats.stdout)).toMatchObject({ byState: { pending: 1 } });
      const twice = await runEdgeminer(again, directory);
      expect(JSON.parse(twice.stdout)).toMatchObject({ replayed: 0, before: 1 });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
