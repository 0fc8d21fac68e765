import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { annotatorId, batchId, modelName, taskId } from '../../src/ids.js';
import type { LabelSet } from '../../src/label/label.js';
import { createLabelDesk } from '../../src/queue/label-desk.js';
import type { DeskLease, LabelDesk, Refused } from '../../src/queue/label-desk.js';
import type { Claim } from '../../src/queue/relabel-queue.js';
import { labelledTask } from '../fixtures/labelled-task.js';

const animals: LabelSet = { name: 'animals', version: 2, kind: 'class', classes: ['cat', 'dog'] };
const ana = annotatorId('ana');
const ben = annotatorId('ben');
const cat = { kind: 'class', class: 'cat' };
const start = Date.UTC(2025, 5, 1);

describe('the label desk on SQLite', () => {
  let folder: string;
  let store: SqliteStore;
  let desk: LabelDesk;
  let now: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-desk-'));
    store = await openSqliteStore({ file: join(folder, 'edgeminer.db') });
    now = start;
    let batches = 0;
    desk = createLabelDesk({
      queue: store.queue,
      reader: store.queue,
      labelSetFor: (model) => (model === 'animals' ? animals : undefined),
      now: () => now,
      newBatchId: () => batchId(`batch-${++batches}`),
      leaseSeconds: 60,
      maxBatch: 5,
    });
  });

  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function offer(count: number, model = 'animals'): Promise<void> {
    const offers = Array.from({ length: count }, (_, i) => ({
      kind: 'task' as const,
      content: labelledTask({ event: `${model}-${i}`, model }),
    }));
    await store.queue.offer(offers, now);
  }

  async function lease(annotator = ana, limit = 1): Promise<DeskLease> {
    const outcome = await desk.lease({ annotator, limit, filter: {} });
    if (outcome.kind === 'refused') throw outcome.fault;
    return outcome;
  }

  async function leaseOne(annotator = ana): Promise<Claim> {
    const { batchId: id, tasks } = await lease(annotator);
    const [task] = tasks;
    if (task === undefined) throw new Error('nothing to lease');
    return { taskId: task.id, batchId: id, fence: task.fence };
  }

  function refusal(outcome: { kind: string } | Refused): Refused['fault'] {
    if ('fault' in outcome) return outcome.fault;
    throw new Error(`expected a refusal, not ${outcome.kind}`);
  }

  it('leases a batch until its expiry, and nothing when nothing is free', async () => {
    await offer(3);
    const first = await lease(ana, 2);
    expect(first.tasks).toHaveLength(2);
    expect(first.expiresAt).toBe(start + 60_000);
    expect((await lease(ben, 5)).tasks).toHaveLength(1);
    expect((await lease(ben, 5)).tasks).toEqual([]);
    const filtered = await desk.lease({
      annotator: ana,
      limit: 1,
      filter: { modelName: modelName('boats') },
    });
    expect(filtered).toMatchObject({ kind: 'leased', tasks: [] });
  });

  it.each([0, 6, 1.5, Number.NaN])('refuses a batch of %d tasks', async (limit) => {
    await offer(1);
    const fault = refusal(await desk.lease({ annotator: ana, limit, filter: {} }));
    expect(fault).toMatchObject({ code: 'input.invalid', field: 'limit' });
    expect(fault.mend).toContain('1 to 5');
  });

  it.each([0, -1, 86_401, Number.NaN])('refuses a lease of %d seconds', async (leaseSeconds) => {
    await offer(1);
    const fault = refusal(await desk.lease({ annotator: ana, limit: 1, filter: {}, leaseSeconds }));
    expect(fault).toMatchObject({ code: 'input.invalid', field: 'leaseSeconds' });
    expect(refusal(await desk.renew(batchId('any'), ana, leaseSeconds)).field).toBe('leaseSeconds');
  });

  it('labels a task once, and answers the same request the same', async () => {
    await offer(1);
    const claim = await leaseOne();
    const first = await desk.submit({ claim, annotator: ana, body: cat });
    expect(first).toMatchObject({
      kind: 'completed',
      task: {
        state: 'labelled',
        label: { body: cat, annotator: ana, labelledAt: start, labelSet: 'animals@2' },
      },
    });
    now += 5;
    const again = await desk.submit({ claim, annotator: ana, body: cat });
    expect(again).toMatchObject({
      kind: 'already-completed',
      task: { label: { labelledAt: start } },
    });
  });

  it('does not let a second answer of the same claim change the first', async () => {
    await offer(1);
    const claim = await leaseOne();
    await desk.submit({ claim, annotator: ana, body: cat });
    const dog = { kind: 'class', class: 'dog' };
    expect(refusal(await desk.submit({ claim, annotator: ana, body: dog })).code).toBe(
      'lease.lost',
    );
    expect(refusal(await desk.skip({ claim, annotator: ana, reason: 'no' })).code).toBe(
      'lease.lost',
    );
    expect((await store.queue.find(claim.taskId))?.label?.body).toEqual(cat);
  });

  it.each([
    ['a class outside the label set', { kind: 'class', class: 'boat' }, 'label.class'],
    ['a label of another kind', { kind: 'boxes', boxes: [] }, 'label.kind'],
    ['no label at all', undefined, 'label'],
  ])('stores nothing for %s', async (_what, body, field) => {
    await offer(1);
    const claim = await leaseOne();
    const fault = refusal(await desk.submit({ claim, annotator: ana, body }));
    expect(fault).toMatchObject({ code: 'label.invalid', field });
    expect(fault.mend).not.toBe('');
    expect((await store.queue.find(claim.taskId))?.state).toBe('leased');
  });

  it('says which key gives a model its label set', async () => {
    await offer(1, 'boats');
    const claim = await leaseOne();
    expect(refusal(await desk.submit({ claim, annotator: ana, body: cat }))).toMatchObject({
      code: 'config.invalid',
      field: 'models[].labelSet',
    });
    expect((await desk.skip({ claim, annotator: ana, reason: 'no labels yet' })).kind).toBe(
      'completed',
    );
  });

  it("refuses what is not this annotator's", async () => {
    await offer(1);
    const claim = await leaseOne(ana);
    const attempt = { claim, annotator: ben };
    expect(refusal(await desk.submit({ ...attempt, body: cat })).code).toBe('lease.lost');
    expect(refusal(await desk.skip({ ...attempt, reason: 'x' })).code).toBe('lease.lost');
    expect(refusal(await desk.renew(claim.batchId, ben)).code).toBe('batch.not-found');
    expect(refusal(await desk.release(claim.batchId, ben, 'all')).code).toBe('batch.not-found');
    await desk.submit({ claim, annotator: ana, body: cat });
    expect(refusal(await desk.submit({ ...attempt, body: cat })).code).toBe('lease.lost');
  });

  it('refuses a late label, also after the next one has leased the task', async () => {
    await offer(1);
    const claim = await leaseOne(ana);
    now += 60_000;
    expect(refusal(await desk.submit({ claim, annotator: ana, body: cat })).code).toBe(
      'lease.lost',
    );
    const next = await leaseOne(ben);
    expect(next.fence).toBe(claim.fence + 1);
    expect(refusal(await desk.submit({ claim, annotator: ana, body: cat })).code).toBe(
      'lease.lost',
    );
    expect(
      refusal(
        await desk.submit({ claim: { ...next, fence: claim.fence }, annotator: ben, body: cat }),
      ).code,
    ).toBe('lease.lost');
    expect((await desk.submit({ claim: next, annotator: ben, body: cat })).kind).toBe('completed');
  });

  it('keeps a batch by renewing it', async () => {
    await offer(2);
    const { batchId: id } = await lease(ana, 2);
    now += 59_000;
    expect(await desk.renew(id, ana, 120)).toEqual({
      kind: 'renewed',
      expiresAt: now + 120_000,
      renewed: 2,
    });
    now += 119_000;
    expect((await lease(ben, 2)).tasks).toEqual([]);
    now += 1000;
    expect(refusal(await desk.renew(id, ana)).code).toBe('batch.not-found');
  });

  it('releases some of a batch, then the rest, then nothing', async () => {
    await offer(3);
    const { batchId: id, tasks } = await lease(ana, 3);
    const [first] = tasks;
    if (first === undefined) throw new Error('nothing leased');
    expect(await desk.release(id, ana, [first.id])).toEqual({ kind: 'released', released: 1 });
    expect(await desk.release(id, ana, 'all')).toEqual({ kind: 'released', released: 2 });
    expect(await desk.release(id, ana, 'all')).toEqual({ kind: 'released', released: 0 });
    expect((await lease(ben, 5)).tasks).toHaveLength(3);
  });

  it('gives a task to others with a skip and its reason', async () => {
    await offer(1);
    const claim = await leaseOne();
    for (const reason of ['', '  ', 'x'.repeat(501)]) {
      expect(refusal(await desk.skip({ claim, annotator: ana, reason })).field).toBe('reason');
    }
    const skipped = await desk.skip({ claim, annotator: ana, reason: ' too dark to tell ' });
    expect(skipped).toMatchObject({
      kind: 'completed',
      task: { state: 'pending', skips: [{ reason: 'too dark to tell', annotator: ana }] },
    });
    const again = await desk.skip({ claim, annotator: ana, reason: 'too dark to tell' });
    expect(again.kind).toBe('already-completed');
  });

  it('does not know a task that was never offered', async () => {
    const claim = { taskId: taskId('0'.repeat(64)), batchId: batchId('b'), fence: 1 };
    expect(refusal(await desk.submit({ claim, annotator: ana, body: cat })).code).toBe(
      'task.not-found',
    );
    expect(refusal(await desk.skip({ claim, annotator: ana, reason: 'x' })).code).toBe(
      'task.not-found',
    );
  });

  it('never gives two annotators the same task, and takes each label once', async () => {
    await offer(40);
    const annotators = Array.from({ length: 8 }, (_, i) => annotatorId(`annotator-${i}`));
    const labelled = await Promise.all(
      annotators.map(async (annotator) => {
        const { batchId: id, tasks } = await lease(annotator, 5);
        const outcomes = await Promise.all(
          tasks.flatMap((task) => {
            const claim = { taskId: task.id, batchId: id, fence: task.fence };
            const submission = { claim, annotator, body: cat };
            return [desk.submit(submission), desk.submit(submission)];
          }),
        );
        expect(outcomes.map(({ kind }) => kind)).not.toContain('refused');
        return tasks.map((task) => task.id);
      }),
    );
    const all = labelled.flat();
    expect(new Set(all).size).toBe(40);
    expect((await store.queue.stats(now)).byState).toMatchObject({ labelled: 40, leased: 0 });
  });
});
