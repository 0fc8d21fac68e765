import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { openWebhookSender } from '../../src/adapters/fetch/webhook-sender.js';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import type { MongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { deliverDue } from '../../src/notice/deliver.js';
import { asOffers, candidate, start } from '../conformance/candidate.js';
import { describeWith } from '../services/describe-with.js';
import { startReceiver } from './receiver.js';
import type { Received } from './receiver.js';

type Store = Pick<SqliteStore | MongoStore, 'queue' | 'outbox'>;

const tasks = 400;
const subscribers = () => ['hook'];

describe('a process that is killed', () => {
  it('loses no message, on SQLite', { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeminer-killed-'));
    const file = join(folder, 'queue.db');
    const store = await openSqliteStore({ file, subscribers });
    try {
      await killAndCount(store, ['sqlite', file, '-']);
    } finally {
      await store.close();
      await rm(folder, { recursive: true });
    }
  });
});

describeWith(['mongo'], 'a process that is killed, beside a server', (services) => {
  it('loses no message, on MongoDB', { timeout: 120_000 }, async () => {
    const { uri } = services().mongo;
    const database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
    const store = await openMongoStore({ uri, database, subscribers });
    try {
      await killAndCount(store, ['mongodb', uri, database]);
    } finally {
      await store.close();
      const client = await MongoClient.connect(uri);
      await client.db(database).dropDatabase();
      await client.close();
    }
  });
});

/** What was answered before the kill is told, all of it, and nothing else. */
async function killAndCount({ queue, outbox }: Store, place: readonly string[]): Promise<void> {
  const contents = Array.from({ length: tasks }, (_, n) => candidate(n));
  await queue.offer(asOffers(contents), start);
  const answerer = startProcess(place);
  let answered = 0;
  createInterface({ input: answerer.child.stdout }).on('line', () => {
    answered += 1;
    if (answered === 50) answerer.child.kill('SIGKILL');
  });
  await answerer.ended;
  const labelled = (await queue.list({ state: 'labelled' }, { limit: 1000 }, start)).map(
    ({ id }) => id,
  );
  expect(labelled.length).toBeGreaterThanOrEqual(50);
  expect(labelled.length).toBeLessThan(tasks);

  // One that delivers is killed while its requests are under way.
  const receiver = await startReceiver();
  receiver.answer = () => undefined;
  const deliverer = startProcess([...place, receiver.url]);
  await receiver.count(5);
  deliverer.child.kill('SIGKILL');
  await deliverer.ended;
  receiver.received.length = 0;
  receiver.answer = (response) => response.writeHead(200).end();

  const sender = openWebhookSender({ allowOrigins: [receiver.origin] });
  const deps = {
    outbox,
    sender,
    endpoints: [{ name: 'hook', url: receiver.url, secrets: ['a secret of sixteen'] }],
    random: () => 0,
    observe: () => undefined,
  };
  const going = new AbortController().signal;
  // What the killed one holds comes back when its leases have ended.
  const before = await deliverDue({ ...deps, now: () => start }, going);
  const after = await deliverDue({ ...deps, now: () => start + 60_000 }, going);
  expect(after.delivered).toBeGreaterThan(0);
  for (const lap of [before, after]) expect(lap).toMatchObject({ failed: 0, dead: 0, lost: 0 });

  const told = receiver.received.map(contentOf);
  const ofTasks = told.filter(({ event }) => event === 'task.completed');
  expect(ofTasks.map(({ data }) => data.taskId).sort()).toEqual([...labelled].sort());
  const ids = receiver.received.map(({ headers }) => headers['edgeminer-delivery']);
  expect(new Set(ids).size).toBe(told.length);
  // Four tasks a batch; of the last one, it is not known how far it got.
  const batches = told.filter(({ event }) => event === 'batch.completed');
  expect(batches.every(({ data }) => data.answered === 4)).toBe(true);
  expect(batches).toHaveLength(Math.floor(labelled.length / 4));
  expect(await outbox.standing()).toEqual([]);
  await sender.close();
  await receiver.close();
}

function contentOf({ body }: Received) {
  return JSON.parse(body) as { event: string; data: { taskId?: string; answered?: number } };
}

function startProcess(args: readonly string[]) {
  const script = fileURLToPath(new URL('answerer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'ts-blank-space/register', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close').then(([code, signal]: readonly unknown[]) => {
    expect([code, signal], 'it was killed before it was done').toEqual([null, 'SIGKILL']);
  });
  return { child, ended };
}
