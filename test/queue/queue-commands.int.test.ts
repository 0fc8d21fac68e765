import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { runCommand } from '../cli/run-command.js';
import { overlapBy, defaultRules } from '../../src/queue/rules.js';
import { asOffers, candidate } from '../conformance/candidate.js';

const hour = 3_600_000;

describe('the commands of the queue', () => {
  let folder: string;
  let now: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-queue-'));
    now = Date.UTC(2026, 2, 1, 8);
    const config = {
      dataDir: '.',
      store: { kind: 'sqlite', file: 'queue.db' },
      labelSets: { animals: { classes: ['cat', 'dog'] } },
      models: [{ name: 'animals', labelSet: 'animals', reference: 'none', embedder: 'none' }],
      queue: { leaseSeconds: 600, skipsToEnd: 1, overlap: [{ reason: 'blur', opinions: 2 }] },
    };
    await writeFile(join(folder, 'edgeminer.config.yaml'), stringify(config));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const run = (...args: readonly string[]) => runCommand(args, { folder, now });

  async function json(...args: readonly string[]): Promise<unknown> {
    const { code, stdout, stderr } = await run(...args, '--json');
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  /** Tasks 1 and 2 take two opinions, 3 one. */
  async function offer(): Promise<void> {
    const rules = {
      ...defaultRules,
      skipsToEnd: 1,
      overlapOf: overlapBy([{ reason: 'blur', opinions: 2 }]),
    };
    const store = await openSqliteStore({ file: join(folder, 'queue.db'), rules });
    const contents = [
      candidate(1, { priority: 0.9, reasons: ['blur'], tags: { project: 'north' } }),
      candidate(2, { priority: 0.8, reasons: ['blur'] }),
      candidate(3),
    ];
    await store.queue.offer(asOffers(contents), now);
    await store.close();
  }

  async function label(who: string, name: string, ...filter: string[]): Promise<void> {
    const out = `batch-of-${who}`;
    await json('queue', 'pull', '--annotator', who, '--limit', '1', '--out', out, ...filter);
    const file = join(folder, out, 'labels.jsonl');
    const line = JSON.parse(await readFile(file, 'utf8')) as object;
    const labelled = { ...line, label: { kind: 'class', class: name } };
    await writeFile(file, `${JSON.stringify(labelled)}\n`);
    expect(await json('queue', 'import', out)).toMatchObject({ labelled: 1, refused: [] });
  }

  const first = candidate(1).id;

  it('take a task through a dispute, a ruling and a second round', async () => {
    await offer();
    await label('ada', 'cat', '--project', 'north');
    expect((await run('queue', 'list', '--state', 'pending')).stdout).toMatch(/1 of 2/);
    await label('bo', 'dog', '--class', 'cat', '--reason', 'blur');
    expect(await json('queue', 'stats')).toMatchObject({ byState: { disputed: 1, pending: 2 } });

    for (const who of ['ada', 'bo']) await label(who, 'cat', '--reason', 'blur');
    expect(await json('queue', 'list', '--state', 'labelled')).toMatchObject([
      { id: candidate(2).id, label: { annotator: 'ada', settledBy: 'agreement' } },
    ]);

    const shown = await run('queue', 'adjudicate', first);
    expect(shown.stdout).toMatch(/is disputed, in round 1/);
    expect(shown.stdout).toMatch(/1 +ada +\S+ +cat/);
    expect(shown.stdout).toMatch(/1 +bo +\S+ +dog/);
    const bird = await run('queue', 'adjudicate', first, '--by', 'cy', '--class', 'bird');
    expect([bird.code, bird.stderr]).toEqual([1, expect.stringContaining('label.invalid')]);
    const nobody = await run('queue', 'adjudicate', first, '--class', 'dog');
    expect(nobody.stderr).toContain('--by');
    const noJson = await run('queue', 'adjudicate', first, '--by', 'cy', '--label', '{');
    expect(noJson.stderr).toContain('not JSON');
    const ruled = await run('queue', 'adjudicate', first, '--by', 'cy', '--class', 'dog');
    expect(ruled.stdout).toContain('is labelled: dog');
    const again = ['queue', 'adjudicate', first, '--by', 'cy', '--class'];
    expect(await json(...again, 'dog')).toMatchObject({ outcome: 'unchanged' });
    expect((await run(...again, 'cat')).stderr).toContain('task.wrong-state');

    const order = ['--by', 'lee', '--reason', 'the guideline changed'];
    expect((await run('queue', 'cancel', first, ...order)).stderr).toContain('1 of 1 tasks');
    expect(await json('queue', 'requeue', first, ...order)).toEqual([
      { task: first, outcome: 'done' },
    ]);
    expect(await json('queue', 'list', '--state', 'pending')).toMatchObject({ length: 2 });
    const cancelled = await run('queue', 'cancel', first, candidate(3).id, 'nothing', ...order);
    expect(cancelled.code).toBe(1);
    expect(cancelled.stdout).toContain(`${candidate(3).id}: cancelled`);
    expect(cancelled.stdout).toContain('nothing: there is no task nothing');
    expect(cancelled.stderr).toContain('1 of 3 tasks were refused');
    const wordless = await run('queue', 'requeue', first, '--by', 'lee', '--reason', ' ');
    expect(wordless.stderr).toContain('input.invalid');
  });

  it('say who holds what, and since when', async () => {
    await offer();
    expect((await run('queue', 'who')).stdout).toBe('nobody holds a task\n');
    await json('queue', 'pull', '--annotator', 'ada', '--limit', '2', '--out', 'mine');
    now += 300_000;
    expect(await json('queue', 'who')).toMatchObject([
      {
        annotator: 'ada',
        tasks: 2,
        since: '2026-03-01T08:00:00.000Z',
        expiresAt: '2026-03-01T08:10:00.000Z',
      },
    ]);
    expect((await run('queue', 'who')).stdout).toMatch(/ada +2 +2026-03-01T08:00:00/);
    now += hour;
    expect(await json('queue', 'who')).toEqual([]);
    const from = ['--offered-from', new Date(now).toISOString()];
    expect(await json('queue', 'list', ...from)).toEqual([]);
    expect((await run('queue', 'list', '--offered-to', 'soon')).code).toBe(2);
  });

  it('show, verify and pseudonymise the audit trail', async () => {
    await offer();
    await label('ada', 'cat');
    const shown = await run('audit', 'show', first);
    expect(shown.stdout).toMatch(/1 +2026-03-01T08:00:00.000Z +edgeminer +offer +none +pending/);
    expect(shown.stdout).toMatch(/3 +2026-03-01T08:00:00.000Z +ada +label +leased +pending/);
    expect(shown.stdout).toContain('the chain is whole');
    expect((await run('audit', 'show', 'nothing')).stderr).toContain('task.not-found');

    const renamed = await run('audit', 'pseudonymise', 'ada');
    expect(renamed.stdout).toMatch(/^ada is person-[0-9a-f]{12} now, on 1 tasks/);
    expect((await run('audit', 'show', first)).stdout).not.toMatch(/\bada\b/u);
    expect((await run('audit', 'pseudonymise', 'ada')).stderr).toContain('person.not-found');
    expect(await json('audit', 'verify')).toEqual({
      whole: 3,
      noTrail: 0,
      erased: 0,
      broken: 0,
      first: null,
    });

    const client = createClient({ url: pathToFileURL(join(folder, 'queue.db')).href });
    await client.execute('DROP TRIGGER audit_is_not_changed');
    await client.execute({
      sql: "UPDATE audit SET actor = 'somebody' WHERE task_id = ? AND seq = 2",
      args: [first],
    });
    client.close();
    const broken = await run('audit', 'verify');
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain('2 chains whole, 0 tasks older than the trail, 1 broken');
    expect(broken.stdout).toContain(`first break: task ${first}, entry 2: its hash does not fit`);
    expect(broken.stderr).toContain('audit.broken');
  });

  it('end a task with the first skip, where that is set', async () => {
    await offer();
    await json('queue', 'pull', '--annotator', 'ada', '--limit', '1', '--out', 'foggy');
    const line = JSON.stringify({ taskId: first, skip: 'only fog' });
    await writeFile(join(folder, 'foggy', 'labels.jsonl'), `${line}\n`);
    expect(await json('queue', 'import', 'foggy')).toMatchObject({ skipped: 1 });
    expect(await json('queue', 'stats')).toMatchObject({ byState: { skipped: 1 } });
    expect((await run('queue', 'adjudicate', first)).stdout).toContain('skipped: only fog');
    const order = ['--by', 'lee', '--reason', 'there is no fog'];
    expect(await json('queue', 'requeue', first, ...order)).toMatchObject([{ outcome: 'done' }]);
  });
});
