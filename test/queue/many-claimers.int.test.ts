import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { openMongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import type { MongoStore } from '../../src/adapters/mongo/open-mongo-store.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { batchId } from '../../src/ids.js';
import { verifyChain } from '../../src/queue/audit.js';
import { noTasks } from '../../src/queue/task.js';
import type { Task } from '../../src/queue/task.js';
import { asOffers, candidate, request, start, term } from '../conformance/candidate.js';
import { describeWith } from '../services/describe-with.js';

const claimers = 50;
/** 5,000 with EDGEMINER_CLAIMED_TASKS=5000, as the queue is meant to be asked. */
const count = Number(process.env['EDGEMINER_CLAIMED_TASKS'] ?? 1500);

type Store = Pick<SqliteStore | MongoStore, 'queue' | 'audit'>;

describe('50 claimers, one of them killed', () => {
  it('share no task and lose none, on SQLite', { timeout: 600_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeminer-claimers-'));
    const file = join(folder, 'queue.db');
    const store = await openSqliteStore({ file });
    try {
      await claimAll(store, ['sqlite', file]);
    } finally {
      await store.close();
      await rm(folder, { recursive: true });
    }
  });
});

describeWith(['mongo'], '50 claimers, one of them killed, beside a server', (services) => {
  it('share no task and lose none, on MongoDB', { timeout: 600_000 }, async () => {
    const { uri } = services().mongo;
    const database = `edgeminer-test-${randomBytes(6).toString('hex')}`;
    const store = await openMongoStore({ uri, database });
    try {
      await claimAll(store, ['mongodb', uri, database]);
    } finally {
      await store.close();
      const client = await MongoClient.connect(uri);
      await client.db(database).dropDatabase();
      await client.close();
    }
  });
});

async function claimAll({ queue, audit }: Store, place: readonly string[]): Promise<void> {
  const contents = Array.from({ length: count }, (_, n) => candidate(n, { priority: (n % 9) / 9 }));
  for (let first = 0; first < count; first += 500) {
    await queue.offer(asOffers(contents.slice(first, first + 500)), start);
  }
  const other = await claimerToKill(place);
  let batches = 0;
  const claim = async (who: number): Promise<Task[]> => {
    const mine: Task[] = [];
    for (let lap = 0; ; lap++) {
      const tasks = await queue.lease(request(`${who}-${lap}`, 10), start);
      if (tasks.length === 0) return mine;
      batches += 1;
      if (batches === claimers) other.kill();
      mine.push(...tasks);
    }
  };
  const claimed = await Promise.all(Array.from({ length: claimers - 1 }, (_, who) => claim(who)));
  await other.ended;
  const leased = claimed.flat();
  expect(new Set(leased.map(({ id }) => id)).size, 'no task is shared').toBe(leased.length);
  expect(leased.every(({ fence }) => fence === 1)).toBe(true);

  // What the killed one labelled stays, what it held comes back, and nothing else is missing.
  const { byState } = await queue.stats(start);
  expect(byState.labelled + byState.leased).toBe(count);
  const held = byState.leased - leased.length;
  expect(held).toBeGreaterThan(0);
  expect(byState.labelled + held + leased.length).toBe(count);
  for (const lease of new Set(leased.map((task) => task.lease?.batchId))) {
    await queue.renew(batchId(String(lease)), start + 3 * term, start + 1);
  }
  const late = start + term;
  const back = await queue.lease(request('heir', held + 10, { now: late }), late);
  expect(back).toHaveLength(held);
  expect(back.every(({ fence }) => fence === 2)).toBe(true);
  expect((await queue.stats(late)).byState).toEqual({
    ...noTasks(),
    labelled: byState.labelled,
    leased: count - byState.labelled,
  });
  const { verdicts } = await verifyAll(audit);
  expect(verdicts).toEqual(new Map([['whole', count]]));
}

interface OtherClaimer {
  readonly kill: () => void;
  /** Rejects if it ended in any other way. */
  readonly ended: Promise<void>;
}

/** A claimer in a process of its own, which has its second batch once this resolves. */
async function claimerToKill(place: readonly string[]): Promise<OtherClaimer> {
  const script = fileURLToPath(new URL('claimer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'ts-blank-space/register', script, ...place], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  await new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === '1') resolve();
    });
    void closed.then(() => resolve());
  });
  return {
    kill: () => child.kill('SIGKILL'),
    ended: closed.then(([code, signal]: readonly unknown[]) => {
      expect([code, signal], 'it was killed before it was done').toEqual([null, 'SIGKILL']);
    }),
  };
}

async function verifyAll(audit: Store['audit']) {
  const verdicts = new Map<string, number>();
  for (let after: Task['id'] | undefined; ;) {
    const page = await audit.auditedTasks({
      limit: 500,
      ...(after === undefined ? {} : { after }),
    });
    for (const one of page) {
      const { kind } = verifyChain(one);
      verdicts.set(kind, (verdicts.get(kind) ?? 0) + 1);
    }
    after = page.at(-1)?.task.id;
    if (page.length < 500) return { verdicts };
  }
}
