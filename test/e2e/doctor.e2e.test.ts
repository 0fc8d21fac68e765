import { chmod, cp, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import S3rver from 's3rver';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeJsonEvent } from '../../src/event/json-event.js';
import type { Finding } from '../../src/telemetry/checkup.js';
import { testTopics } from '../adapters/kafka/topics.js';
import { eventOf, picture } from '../mine/mining-bench.js';
import { describeWith } from '../services/describe-with.js';
import { runEdgeminer } from './run-edgeminer.js';

interface Report {
  readonly failed: number;
  readonly findings: readonly Finding[];
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edgeminer-doctor-'));
});
afterEach(() => rm(directory, { recursive: true }));

const configure = (settings: object) =>
  writeFile(
    join(directory, 'edgeminer.config.yaml'),
    JSON.stringify({ log: { level: 'error' }, ...settings }),
  );

async function doctor() {
  const { code, stdout, stderr } = await runEdgeminer(['doctor', '--json'], directory);
  const report = JSON.parse(stdout) as Report;
  const found = (name: string) => report.findings.find((finding) => finding.name === name);
  return { code, stderr, report, found };
}

const withoutModels = { models: [{ name: 'm', embedder: 'none', reference: 'none' }] };

describe('edgeminer doctor with the embedded store', () => {
  it('is content with a new folder, and leaves it as it was', async () => {
    const { code, stdout, stderr } = await runEdgeminer(['doctor'], directory);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^ok {7}model efficientnet-lite0: hash, inputs .*ran once on cpu$/m);
    expect(stdout).toMatch(/^WARNING {2}http\.tokens: .*\n {9}what to do: /m);
    expect(stdout).toMatch(/^\d+ ok, 1 warnings, 0 failed, 4 skipped$/m);
    expect(await readdir(directory)).toEqual([]);
  });

  it('finds a damaged store, and ends with 1', async () => {
    await configure(withoutModels);
    const events = [];
    for (let n = 0; n < 40; n++) {
      const about = { occurredAt: 1_760_000_000_000 + n * 1e9 };
      events.push(
        JSON.stringify(writeJsonEvent(eventOf(`e-${n}`, await picture(n, 'dark'), about))),
      );
    }
    await writeFile(join(directory, 'events.jsonl'), `${events.join('\n')}\n`);
    const mined = await runEdgeminer(
      ['mine', '--source', 'jsonl:events.jsonl', '--once'],
      directory,
    );
    expect(mined.code, mined.stderr).toBe(0);
    const before = await doctor();
    expect(before.code, before.stderr).toBe(0);
    expect(before.found('store')?.detail).toMatch(/whole, tables of version \d+, can be written$/);
    expect(before.found('disk of the store')).toBeDefined();

    const [file = ''] = (await readdir(join(directory, '.edgeminer'))).filter((name) =>
      /\.(db|sqlite)$/.test(name),
    );
    const path = join(directory, '.edgeminer', file);
    await truncate(path, 8192);
    const after = await doctor();
    expect(after.code).toBe(1);
    expect(after.found('store')).toMatchObject({ verdict: 'failed' });
    expect(JSON.parse(after.stderr)).toMatchObject({ error: { code: 'config.invalid' } });
  });

  it('finds a model whose file was changed, and folders that are not there', async () => {
    const models = fileURLToPath(new URL('../../models', import.meta.url));
    await cp(models, join(directory, 'models'), { recursive: true });
    const [onnx = ''] = (await readdir(join(directory, 'models'))).filter((name) =>
      name.endsWith('.onnx'),
    );
    await chmod(join(directory, 'models', onnx), 0o644);
    await writeFile(join(directory, 'models', onnx), 'not a model');
    await configure({
      modelsDir: 'models',
      models: [{ name: 'm', versions: ['1'], labelSet: 'l' }],
      labelSets: { l: { classes: ['a'] } },
      fetch: { allowDirectories: ['no-such-folder'], allowOrigins: ['https://a.example.com/path'] },
    });
    const { code, report, found } = await doctor();
    expect(code).toBe(1);
    expect(report.findings.filter(({ verdict }) => verdict === 'failed')).toMatchObject([
      { name: 'model efficientnet-lite0', mend: expect.stringContaining('Restore') as string },
      { name: 'fetch.allowOrigins' },
      { name: expect.stringContaining('no-such-folder') as string },
    ]);
    expect(found('reference of m 1')).toMatchObject({
      verdict: 'warning',
      mend: expect.stringContaining('reference build') as string,
    });
  });

  it('asks the object store for its buckets', async () => {
    const server = new S3rver({
      address: '127.0.0.1',
      port: 0,
      silent: true,
      directory: join(directory, 's3'),
      configureBuckets: [{ name: 'shelves', configs: [] }],
    });
    const { port } = await server.run();
    const s3 = {
      buckets: ['shelves', 'nowhere'],
      endpoint: `http://127.0.0.1:${port}`,
      forcePathStyle: true,
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
    };
    try {
      await configure({ ...withoutModels, fetch: { s3 } });
      const { code, found } = await doctor();
      expect(code).toBe(1);
      expect(found('bucket shelves')).toMatchObject({ verdict: 'ok' });
      expect(found('bucket nowhere')).toMatchObject({ verdict: 'failed' });
    } finally {
      await server.close();
    }
    const { found } = await doctor();
    expect(found('bucket shelves')?.detail).toContain("can't be reached");
  });
});

describeWith(['kafka', 'mongo', 'registry'], 'edgeminer doctor with services', (services) => {
  it('looks at all of them, and ends by itself', async () => {
    const topics = await testTopics(services().kafka.brokers);
    try {
      const { settings } = topics;
      await configure({
        ...withoutModels,
        store: { kind: 'mongodb', uri: services().mongo.uri, database: settings.groupId },
        kafka: {
          brokers: settings.brokers,
          groupId: settings.groupId,
          topics: settings.topics,
          schemaRegistryUrl: services().registry.url,
        },
      });
      const { code, report, stderr } = await doctor();
      expect(code, stderr).toBe(0);
      expect(report.failed).toBe(0);
      const names = report.findings.map(({ name }) => name);
      for (const name of ['kafka brokers', 'replica set', 'indexes', 'clock against MongoDB']) {
        expect(names).toContain(name);
      }
      // Topics are not made, nor is anything in the store.
      await configure({
        ...withoutModels,
        kafka: { brokers: settings.brokers, topics: { events: `${settings.groupId}-none` } },
      });
      const missing = await doctor();
      expect(missing.code).toBe(1);
      expect(await topics.admin.listTopics()).not.toContain(`${settings.groupId}-none`);
    } finally {
      await topics.close();
    }
  });
});
