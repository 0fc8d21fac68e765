import { expect, it } from 'vitest';
import { annotatorId, batchId, eventId, modelName, sourceId } from '../../src/ids.js';
import type { TaskId } from '../../src/ids.js';
import type { TaskFilter } from '../../src/queue/relabel-queue.js';
import { noTasks } from '../../src/queue/task.js';
import type { Task } from '../../src/queue/task.js';
import { asOffers, candidate, request, start, term } from './candidate.js';
import type { Opened, Queue } from './relabel-queue.js';

export function readerObligations(opened: Opened): void {
  it('finds nothing under an unknown id', async () => {
    expect(await opened().queue.find(candidate(1).id)).toBeUndefined();
  });

  it('walks all tasks by id, page by page, while others come in', async () => {
    const { queue } = opened();
    const contents = Array.from({ length: 25 }, (_, n) => candidate(n));
    await queue.offer(asOffers(contents), start);
    const seen: TaskId[] = [];
    for (let after: TaskId | undefined, lap = 0; ; lap++) {
      const page = await queue.list({}, { limit: 7, ...(after && { after }) }, start);
      seen.push(...page.map(({ id }) => id));
      await queue.offer(asOffers([candidate(100 + lap)]), start);
      after = page.at(-1)?.id;
      if (after === undefined || page.length < 7) break;
    }
    expect(seen).toEqual(seen.toSorted());
    expect(new Set(seen).size).toBe(seen.length);
    for (const { id } of contents) expect(seen).toContain(id);
  });

  it('refuses a page of no or of too many tasks', async () => {
    const { queue } = opened();
    for (const limit of [0, 1001, 2.5]) {
      await expect(queue.list({}, { limit }, start)).rejects.toMatchObject({
        code: 'input.invalid',
        field: 'limit',
      });
    }
  });

  it('lists by state, batch, model, source and reason', async () => {
    const { queue } = opened();
    await oneOfEach(queue);
    const listed = async (filter: TaskFilter, now = start + 1) =>
      (await queue.list(filter, { limit: 100 }, now)).map(({ eventId: id }) => id).sort();
    expect(await listed({})).toHaveLength(5);
    expect(await listed({ state: 'pending' })).toEqual(['event-5']);
    expect(await listed({ state: 'leased' })).toEqual(['event-3', 'event-4']);
    expect(await listed({ state: 'labelled' })).toEqual(['event-1']);
    expect(await listed({ state: 'skipped' })).toEqual(['event-2']);
    expect(await listed({ batchId: batchId('a') })).toEqual(['event-1', 'event-2', 'event-3']);
    expect(await listed({ batchId: batchId('a'), state: 'leased' })).toEqual(['event-3']);
    expect(await listed({ modelName: modelName('other') })).toEqual(['event-5']);
    expect(await listed({ sourceId: sourceId('yard') })).toEqual(['event-4']);
    expect(await listed({ reason: 'blur' })).toEqual(['event-2', 'event-4']);
    expect(await listed({ reason: 'blur', state: 'leased' })).toEqual(['event-4']);
    // Once the leases have expired.
    const late = start + term;
    expect(await listed({ state: 'pending' }, late)).toEqual(['event-3', 'event-4', 'event-5']);
    expect(await listed({ state: 'leased' }, late)).toEqual([]);
    expect(await listed({ batchId: batchId('a') }, late)).toEqual(['event-1', 'event-2']);
  });

  it('shows an expired lease as pending', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    const [leased] = await queue.lease(request('b', 1), start);
    expect(await queue.list({}, { limit: 1 }, start + term - 1)).toEqual([leased]);
    const [seen] = await queue.list({}, { limit: 1 }, start + term);
    expect(seen).toEqual({ ...leased, state: 'pending', lease: undefined } satisfies Partial<Task>);
  });

  it('counts by state, reason and model, and expired leases as pending', async () => {
    const { queue } = opened();
    expect(await queue.stats(start)).toEqual({
      byState: noTasks(),
      byReason: {},
      byModel: {},
      duplicates: 0,
      oldestPendingAt: undefined,
    });
    await oneOfEach(queue);
    const of = candidate(1).id;
    await queue.offer([{ kind: 'duplicate', of, eventId: eventId('again') }], start);
    const stats = await queue.stats(start + 1);
    expect(stats).toEqual({
      byState: { ...noTasks(), pending: 1, leased: 2, labelled: 1, skipped: 1 },
      byReason: { dark: 4, blur: 2, 'control-sample': 1 },
      byModel: { animals: 4, other: 1 },
      duplicates: 1,
      oldestPendingAt: start + 1,
    });
    expect(await queue.stats(start + term)).toEqual({
      ...stats,
      byState: { ...noTasks(), pending: 3, labelled: 1, skipped: 1 },
      oldestPendingAt: start,
    });
  });

  it('says who holds what, and since when', async () => {
    const { queue } = opened();
    expect(await queue.holdings(start)).toEqual([]);
    await queue.offer(asOffers([1, 2, 3, 4].map((n) => candidate(n))), start);
    const ada = annotatorId('ada');
    await queue.lease({ ...request('z', 2), annotator: ada }, start);
    await queue.lease({ ...request('y', 1, { now: start + 5 }), annotator: ada }, start + 5);
    await queue.lease(request('x', 1), start);
    await queue.renew(batchId('y'), start + 3 * term, start + 6);
    const held = [
      { annotator: ada, batchId: 'z', tasks: 2, since: start, expiresAt: start + term },
      { annotator: ada, batchId: 'y', tasks: 1, since: start + 5, expiresAt: start + 3 * term },
      {
        annotator: 'annotator of x',
        batchId: 'x',
        tasks: 1,
        since: start,
        expiresAt: start + term,
      },
    ];
    expect(await queue.holdings(start + 7)).toEqual([held[0], held[1], held[2]]);
    expect(await queue.holdings(start + term)).toEqual([held[1]]);
  });

  it('shows at once on one connection what another has done', async () => {
    const { queue, another } = opened();
    const second = await another();
    await queue.offer(asOffers([candidate(1)]), start);
    expect(await second.find(candidate(1).id)).toBeDefined();
    expect(await second.lease(request('b', 1), start)).toHaveLength(1);
    expect((await queue.stats(start)).byState.leased).toBe(1);
  });
}

const blurred = { reason: 'blur' } as const;

/** Event 1 labelled, 2 skipped, 3 and 4 leased, 5 pending. */
async function oneOfEach(queue: Queue): Promise<void> {
  const contents = [
    candidate(1, { priority: 0.9 }),
    candidate(2, { priority: 0.8, reasons: ['dark', 'blur'] }),
    candidate(3, { priority: 0.7 }),
    candidate(4, { priority: 0.6, source: 'yard', reasons: ['blur', 'dark'] }),
  ];
  await queue.offer(asOffers(contents), start);
  await queue.offer(asOffers([candidate(5, { model: 'other', control: true })]), start + 1);
  // A task of its own for the first skip, so that the second ends it.
  const [skipped] = await queue.lease({ ...request('early', 1), filter: blurred }, start);
  if (skipped === undefined) throw new Error('a blurred task was free');
  const early = { taskId: skipped.id, batchId: batchId('early'), fence: 1 };
  await queue.complete(early, { kind: 'skip', reason: 'unclear' }, start);
  const [first, second] = await queue.lease(request('a', 3), start);
  if (first === undefined || second === undefined) throw new Error('five tasks were free');
  const batch = batchId('a');
  await queue.complete(
    { taskId: first.id, batchId: batch, fence: 1 },
    { kind: 'label', body: { kind: 'class', class: 'cat' }, labelSet: 'animals@1' },
    start,
  );
  await queue.complete(
    { taskId: second.id, batchId: batch, fence: 2 },
    { kind: 'skip', reason: 'unclear' },
    start,
  );
  await queue.lease(request('b', 1), start);
}
