import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { runCommand } from '../cli/run-command.js';
import type { CommandWorld } from '../cli/run-command.js';
import { signatureOf } from '../../src/notice/signature.js';
import { asOffers, candidate, request } from '../conformance/candidate.js';
import { batchId } from '../../src/ids.js';
import { startReceiver } from './receiver.js';
import type { Receiver } from './receiver.js';

const secret = 'sixteen characters';

describe('the commands of webhooks', () => {
  let folder: string;
  let receiver: Receiver;
  let now: number;
  let environment: Record<string, string>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-webhooks-'));
    receiver = await startReceiver();
    now = Date.UTC(2026, 2, 1, 8);
    environment = { HOOK_SECRET: secret };
    await writeFile(join(folder, 'secret'), `${secret} of the file\n`);
    await configure();
  });
  afterEach(async () => {
    await receiver.close();
    await rm(folder, { recursive: true });
  });

  async function configure(change: object = {}): Promise<void> {
    const endpoint = {
      name: 'retraining',
      url: receiver.url,
      events: ['task.completed', 'batch.completed'],
      secrets: [{ variable: 'HOOK_SECRET' }, { file: 'secret' }],
      ...change,
    };
    const config = {
      dataDir: '.',
      store: { kind: 'sqlite', file: 'queue.db' },
      webhooks: { allowOrigins: [receiver.origin], endpoints: [endpoint] },
      http: { port: 0 },
      models: [{ name: '*', embedder: 'none', reference: 'none', labelSet: 'animals' }],
      labelSets: { animals: { classes: ['cat', 'dog'] } },
    };
    await writeFile(join(folder, 'edgeminer.config.yaml'), stringify(config));
  }

  const run = (args: readonly string[], more: Partial<CommandWorld> = {}) =>
    runCommand(args, { folder, now, environment, ...more });

  async function json(...args: readonly string[]): Promise<unknown> {
    const { code, stdout, stderr } = await run([...args, '--json']);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  async function tellOf(count: number): Promise<void> {
    const subscribers = () => ['retraining'];
    const store = await openSqliteStore({ file: join(folder, 'queue.db'), subscribers });
    await store.queue.offer(asOffers(Array.from({ length: count }, (_, n) => candidate(n))), now);
    for (const { id, fence } of await store.queue.lease(request('a', count, { now }), now)) {
      const claim = { taskId: id, batchId: batchId('a'), fence };
      await store.queue.complete(claim, { kind: 'skip', reason: 'blurred' }, now);
    }
    await store.close();
  }

  it('send a signed test, under both secrets', async () => {
    expect(await json('webhooks', 'test', 'retraining')).toMatchObject({ delivered: true });
    const [one] = receiver.received;
    expect(one?.headers['edgeminer-signature']).toBe(
      signatureOf(one?.body ?? '', [secret, `${secret} of the file`], now),
    );
    receiver.answer = (response) => void response.writeHead(401).end();
    const refused = await run(['webhooks', 'test', 'retraining']);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('webhook.refused') as string,
    });
    expect((await run(['webhooks', 'test', 'nobody'])).stderr).toContain('input.invalid');
  });

  it('list what waits and what is dead, deliver, and try again', async () => {
    await tellOf(3);
    // The batch is told, and of the tasks nothing: nobody skipped one often enough.
    expect(await json('webhooks', 'list')).toMatchObject({
      endpoints: [{ endpoint: 'retraining', waiting: 1, dead: 0 }],
    });
    receiver.answer = (response) => void response.writeHead(410).end();
    expect(await json('webhooks', 'deliver', '--once')).toMatchObject({ dead: 1, delivered: 0 });
    expect(await json('webhooks', 'dead')).toMatchObject({
      messages: [{ endpoint: 'retraining', event: 'batch.completed', subject: 'a', failures: 1 }],
    });
    expect((await run(['webhooks', 'dead'])).stdout).toContain('410');
    expect((await run(['webhooks', 'retry'])).stderr).toContain('--all');
    expect(await json('webhooks', 'retry', '--endpoint', 'retraining')).toEqual({ revived: 1 });
    receiver.answer = (response) => void response.writeHead(200).end();
    expect(await json('webhooks', 'deliver', '--once')).toMatchObject({ delivered: 1 });
    expect((await run(['webhooks', 'list'])).stdout).toMatch(/retraining .* 0 +0/);
  });

  it('refuse a secret that is missing or short, and do not show it', async () => {
    environment = { HOOK_SECRET: 'too short' };
    const short = await run(['webhooks', 'test', 'retraining']);
    expect(short).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('HOOK_SECRET') as string,
    });
    expect(short.stderr).not.toContain('too short');
    environment = {};
    expect((await run(['webhooks', 'test', 'retraining'])).stderr).toContain('not set');
    await configure({ secrets: [{ file: 'nowhere' }] });
    expect((await run(['webhooks', 'test', 'retraining'])).stderr).toContain('nowhere');
  });

  it.each([
    { url: 'ftp://example.com' },
    { url: 'https://user:pw@example.com/' },
    { name: 'Two Words' },
    { events: ['task.lost'] },
    { secrets: [{ variable: 'EDGEMINER_SECRET' }] },
    { secrets: ['written here'] },
    { secrets: [] },
  ])('refuse the setting %j', async (change) => {
    await configure(change);
    const refused = await run(['webhooks', 'list']);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('config.invalid') as string,
    });
    expect(refused.stderr).not.toContain('pw@');
  });

  it('doctor looks at secrets, address and connection', async () => {
    const finding = async () => {
      const { stdout } = await run(['doctor', '--json']);
      const { findings } = JSON.parse(stdout) as { findings: { name: string }[] };
      return findings.filter(({ name }) => name.includes('webhook'));
    };
    expect(await finding()).toMatchObject([{ name: 'webhook retraining', verdict: 'ok' }]);
    environment = {};
    await configure({ url: 'http://127.0.0.1:9/' });
    expect(await finding()).toMatchObject([
      { name: 'secret of webhook retraining', verdict: 'failed' },
      { verdict: 'failed', detail: expect.stringContaining('not public') as string },
    ]);
    expect(receiver.received).toEqual([]);
  });

  it('serve delivers by itself, and tells how it goes', async () => {
    await tellOf(2);
    const ending = new AbortController();
    let url = '';
    const listening = new Promise<void>((resolve) => {
      const onResult = (result: unknown) => {
        ({ url } = result as { url: string });
        resolve();
      };
      served = run(['serve'], { ending: ending.signal, onResult });
    });
    await listening;
    await receiver.count(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      event: 'batch.completed',
      data: { answered: 2 },
    });
    let metrics = '';
    while (!metrics.includes('outcome="delivered"} 1')) {
      metrics = await (await fetch(`${url}/metrics`)).text();
    }
    expect(metrics).toContain(
      'edgeminer_webhook_tries_total{endpoint="retraining",outcome="delivered"} 1',
    );
    ending.abort();
    expect(await served).toMatchObject({ code: 0 });
  });
  let served: Promise<unknown>;
});
