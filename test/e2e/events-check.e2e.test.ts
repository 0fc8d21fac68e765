import { readFile } from 'node:fs/promises';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { connectSchemaRegistry } from '../../src/adapters/kafka/schema-registry.js';
import { writeAvroEvent } from '../../src/event/avro-event.js';
import { writeJsonEvent } from '../../src/event/json-event.js';
import { eventOf, picture } from '../mine/mining-bench.js';
import { describeWith } from '../services/describe-with.js';
import { runEdgeminer } from './run-edgeminer.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edgeminer-events-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function check(...args: string[]) {
  const { code, stdout, stderr } = await runEdgeminer(
    ['events', 'check', ...args, '--json'],
    directory,
  );
  return { code, result: stdout === '' ? undefined : (JSON.parse(stdout) as unknown), stderr };
}

describe('edgeminer events check', () => {
  it('shows what it sees in JSON lines, and what is wrong with which field', async () => {
    const inline = writeJsonEvent(eventOf('good', await picture(1, 'dark')));
    const far = writeJsonEvent(eventOf('far', 'https://images.example.com/1.jpg?signature=x'));
    const lines = [inline, far, { ...inline, sourceId: 7 }].map((one) => JSON.stringify(one));
    await writeFile(join(directory, 's.jsonl'), `${lines.join('\n')}\n\n{"eventId": \n`);
    const { code, result, stderr } = await check('s.jsonl');
    expect(code).toBe(1);
    expect(stderr).toContain('2 of 4 records are refused');
    expect(result).toMatchObject({
      format: 'edgeminer',
      events: 2,
      refused: 2,
      records: [
        { record: 1, eventId: 'good', image: { kind: 'inline' } },
        {
          record: 2,
          image: {
            uri: 'https://images.example.com/1.jpg',
            notFetched: expect.stringContaining('fetch.allowOrigins') as string,
          },
        },
        { record: 3, code: 'event.invalid', field: 'sourceId' },
        { record: 5, code: 'event.unreadable' },
      ],
    });
    const text = await runEdgeminer(['events', 'check', 's.jsonl'], directory);
    expect(text.stdout).toMatch(/^record 3: refused, event\.invalid in sourceId: /m);
    expect(text.stdout).toMatch(/^ {2}what to do: /m);
    expect(text.stdout).toMatch(/^2 events, 2 refused \(format: edgeminer\)$/m);
  });

  it.each([
    [
      'json',
      ['--header', 'camera=aisle-4'],
      { events: 1, records: [{ sourceId: 'aisle-4', embedding: 3 }] },
    ],
    ['boxes', [], { events: 1, records: [{ predictions: { boxes: 1, labels: ['person'] } }] }],
    [
      'kserve-v1',
      [],
      {
        events: 1,
        records: [{ eventId: '0b7d', predictions: { best: { label: 'cat', value: 0.55 } } }],
      },
    ],
    ['kserve-v2', [], { events: 2, records: [{ eventId: '77c2/0' }, { eventId: '77c2/1' }] }],
  ])('reads the example %s of docs/events.md', async (name, args, expected) => {
    const docs = await readFile(new URL('../../docs/events.md', import.meta.url), 'utf8');
    const part = docs.split(`<!-- example: ${name} -->`)[1] ?? '';
    const block = (language: string) =>
      new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(part)?.[1] ?? '';
    const settings = parse(block('yaml')) as object;
    await writeFile(join(directory, 'edgeminer.config.yaml'), stringify(settings));
    await writeFile(join(directory, 'sample.json'), block('json'));
    const { code, result, stderr } = await check('sample.json', ...args);
    expect(code, stderr).toBe(0);
    expect(result).toMatchObject({ ...expected, refused: 0 });
  });

  it('says which path of the mapping found nothing', async () => {
    const map = {
      ...{ eventId: 'id', occurredAt: 'at', modelName: { const: 'm' }, modelVersion: 'v' },
      ...{ sourceId: 'meta.cam', image: { uri: 'url' } },
    };
    await writeFile(
      join(directory, 'edgeminer.config.yaml'),
      stringify({ events: { format: 'json', map } }),
    );
    await writeFile(join(directory, 's.jsonl'), '{"id":1,"at":5,"v":"1","url":"https://a.b/c"}\n');
    const { code, result } = await check('s.jsonl');
    expect(code).toBe(1);
    expect(result).toMatchObject({
      records: [{ field: 'sourceId', message: expect.stringContaining('meta.cam') as string }],
    });
  });

  it('refuses a file that is not there, and one without records', async () => {
    const missing = await check('nothing.jsonl');
    expect(missing).toMatchObject({ code: 1, result: undefined });
    expect(missing.stderr).toContain('input.not-found');
    await writeFile(join(directory, 'empty.jsonl'), '\n');
    const empty = await check('empty.jsonl');
    expect(empty.code).toBe(1);
    expect(empty.stderr).toContain('holds no records');
    // Standard input of the tests is empty.
    expect((await check('-')).stderr).toContain('- holds no records');
  });
});

describeWith(['registry'], 'edgeminer events check', (services) => {
  it('reads a record of Avro as it came', async () => {
    const schema = new URL('../../schemas/inference-event.v1.avsc', import.meta.url);
    const registry = connectSchemaRegistry(services().registry.url);
    const event = eventOf('avro', await picture(1, 'dark'));
    const subject = `check-${Date.now()}-value`;
    const value = await registry.encode(
      subject,
      await readFile(schema, 'utf8'),
      writeAvroEvent(event),
    );
    await writeFile(join(directory, 'record.bin'), value);
    const without = await check('record.bin');
    expect(without.code).toBe(1);
    expect(without.result).toMatchObject({ records: [{ code: 'event.unreadable' }] });
    await writeFile(
      join(directory, 'edgeminer.config.yaml'),
      stringify({
        kafka: { brokers: ['127.0.0.1:1'], schemaRegistryUrl: services().registry.url },
      }),
    );
    const { code, result, stderr } = await check('record.bin');
    expect(code, stderr).toBe(0);
    expect(result).toMatchObject({ events: 1, records: [{ eventId: 'avro' }] });
  });
});
