import { expect, it } from 'vitest';
import { batchId, modelName, sourceId } from '../../src/ids.js';
import { noTasks } from '../../src/queue/task.js';
import type { LeaseFilter } from '../../src/queue/relabel-queue.js';
import type { Task } from '../../src/queue/task.js';
import { asOffers, candidate, request, start, term } from './candidate.js';
import type { Opened, Queue } from './relabel-queue.js';

export function leaseObligations(opened: Opened): void {
  const numbers = (tasks: readonly Task[]): readonly number[] =>
    tasks.map(({ eventId }) => Number(eventId.slice('event-'.length)));

  it('claims by priority, then by age, under the batch, and raises the fence', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1, { priority: 0.2 })]), start);
    await queue.offer(asOffers([candidate(2, { priority: 0.9 })]), start + 2);
    await queue.offer(asOffers([candidate(3, { priority: 0.9 })]), start + 1);
    await queue.offer(asOffers([candidate(4, { priority: 0.1 })]), start);
    const tasks = await queue.lease(request('b', 3), start);
    expect(numbers(tasks)).toEqual([3, 2, 1]);
    const { batchId: batch, annotator, expiresAt } = request('b', 3);
    for (const task of tasks) {
      expect(task).toMatchObject({
        state: 'leased',
        fence: 1,
        lease: { batchId: batch, annotator, expiresAt },
      });
      expect(await queue.find(task.id)).toEqual(task);
    }
  });

  it('answers with nothing once nothing is free', async () => {
    const { queue } = opened();
    expect(await queue.lease(request('a', 5), start)).toEqual([]);
    await queue.offer(asOffers([candidate(1), candidate(2)]), start);
    expect(await queue.lease(request('b', 5), start)).toHaveLength(2);
    expect(await queue.lease(request('c', 5), start)).toEqual([]);
  });

  it('claims only what the filter asks for', async () => {
    const { queue } = opened();
    const contents = [
      candidate(1, { model: 'm1', source: 's1', reasons: ['dark', 'blur'] }),
      candidate(2, { model: 'm1', source: 's2', reasons: ['blur'] }),
      candidate(3, { model: 'm2', source: 's1', reasons: ['dark'] }),
      candidate(4, { model: 'm1', source: 's1', reasons: ['margin'] }),
    ];
    await queue.offer(asOffers(contents), start);
    const lease = async (batch: string, filter: Parameters<typeof request>[2]) =>
      new Set(numbers(await queue.lease(request(batch, 9, filter), start)));
    const narrow = {
      modelName: modelName('m1'),
      sourceId: sourceId('s1'),
      reason: 'blur',
    } as const;
    expect(await lease('a', { filter: narrow })).toEqual(new Set([1]));
    expect(await lease('b', { filter: { reason: 'blur' } })).toEqual(new Set([2]));
    expect(await lease('c', { filter: { modelName: modelName('m1') } })).toEqual(new Set([4]));
    expect(await lease('d', { filter: { sourceId: sourceId('s2') } })).toEqual(new Set());
    expect(await lease('e', { filter: { sourceId: sourceId('s1') } })).toEqual(new Set([3]));
  });

  it('claims by class, project and age', async () => {
    const { queue } = opened();
    const boxes = (label: string, score: number) => ({
      label,
      score,
      x: 0,
      y: 0,
      width: 9,
      height: 9,
    });
    const contents = [
      candidate(1, { tags: { project: 'north' } }),
      candidate(2, { tags: { project: 'south' }, occurredAt: start - 90 }),
      {
        ...candidate(3),
        predictions: {
          kind: 'detection' as const,
          imageWidth: 640,
          imageHeight: 480,
          boxes: [boxes('cat', 0.3), boxes('bird', 0.9), boxes('dog', 0.5)],
        },
      },
      { ...candidate(4), predictions: { kind: 'none' as const } },
    ];
    for (const [n, content] of contents.entries()) {
      await queue.offer(asOffers([content]), start + n);
    }
    const found = async (filter: LeaseFilter) => {
      const now = start + 10;
      const tasks = await queue.lease(request('b', 9, { filter, now }), now);
      await queue.release(batchId('b'), 'all', now);
      const listed = await queue.list(filter, { limit: 9 }, now);
      expect(numbers(listed).toSorted()).toEqual(numbers(tasks).toSorted());
      return numbers(tasks);
    };
    expect(await found({ topClass: 'cat' })).toEqual([1, 2]);
    expect(await found({ topClass: 'bird' })).toEqual([3]);
    expect(await found({ topClass: 'dog' })).toEqual([]);
    expect(await found({ project: 'south' })).toEqual([2]);
    expect(await found({ project: 'east' })).toEqual([]);
    expect(await found({ projects: ['south', 'north', 'east'] })).toEqual([1, 2]);
    expect(await found({ projects: ['south'], topClass: 'cat' })).toEqual([2]);
    expect(await found({ projects: ['south'], project: 'north' })).toEqual([]);
    expect(await found({ projects: [] })).toEqual([]);
    expect(await found({ offeredAt: { from: start + 1, to: start + 2 } })).toEqual([2, 3]);
    expect(await found({ offeredAt: { from: start + 3 } })).toEqual([4]);
    expect(await found({ occurredAt: { from: start - 90 } })).toEqual([2]);
    expect(await found({ occurredAt: { to: start - 91 }, topClass: 'cat' })).toEqual([1]);
    // What mining finds out later counts.
    await queue.offer(asOffers([{ ...candidate(1), predictions: { kind: 'none' } }]), start + 9);
    expect(await found({ topClass: 'cat' })).toEqual([2]);
  });

  it('claims an expired lease at the moment it expires, as if it were pending', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1, { priority: 0.9 }), candidate(2)]), start);
    await queue.lease(request('a', 1), start);
    expect(numbers(await queue.lease(request('b', 2), start + term - 1))).toEqual([2]);
    const now = start + term;
    const [task] = await queue.lease(request('c', 2, { now }), now);
    expect(task).toMatchObject({ eventId: 'event-1', fence: 2, lease: { batchId: 'c' } });
  });

  it('answers a repeated claim with what the batch holds', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([1, 2, 3, 4, 5].map((n) => candidate(n))), start);
    const first = await queue.lease(request('b', 2), start);
    expect(await queue.lease(request('b', 2), start + 5)).toEqual(first);
    expect(await queue.lease(request('b', 3), start + 5)).toHaveLength(3);
    expect((await queue.stats(start)).byState).toMatchObject({ leased: 3, pending: 2 });
  });

  it('refuses a claim of nothing, and one that is born expired', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      await expect(queue.lease(request('b', limit), start)).rejects.toMatchObject({
        code: 'input.invalid',
        field: 'limit',
      });
    }
    await expect(queue.lease(request('b', 1), start + term)).rejects.toMatchObject({
      code: 'input.invalid',
      field: 'expiresAt',
    });
    expect((await queue.stats(start)).byState.pending).toBe(1);
  });

  it('renews what the batch still holds, and only that', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([1, 2, 3].map((n) => candidate(n))), start);
    const [first] = await queue.lease(request('a', 2), start);
    await queue.lease(request('b', 1), start);
    if (first === undefined) throw new Error('a task was free');
    await queue.complete(
      { taskId: first.id, batchId: batchId('a'), fence: 1 },
      { kind: 'label', body: { kind: 'class', class: 'cat' }, labelSet: 'animals@1' },
      start,
    );
    const later = start + 2 * term;
    expect(await queue.renew(batchId('a'), later, start + 1)).toBe(1);
    // Repeated, it answers the same.
    expect(await queue.renew(batchId('a'), later, start + 1)).toBe(1);
    expect(await queue.renew(batchId('nobody'), later, start + 1)).toBe(0);
    // The renewed one is held on, the other one is free.
    expect(await queue.lease(request('c', 3, { now: later - 1 }), later - 1)).toHaveLength(1);
    expect(await queue.renew(batchId('b'), later + term, later - 1)).toBe(0);
    expect(await queue.renew(batchId('a'), later + term, later)).toBe(0);
    await expect(queue.renew(batchId('a'), start, start)).rejects.toMatchObject({
      code: 'input.invalid',
    });
  });

  it('gives back all that a batch holds, or the named tasks', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([1, 2, 3, 4].map((n) => candidate(n))), start);
    const held = await queue.lease(request('a', 3), start);
    const [one] = held;
    const [foreign] = await queue.lease(request('b', 1), start);
    if (one === undefined || foreign === undefined) throw new Error('four tasks were free');
    expect(await queue.release(batchId('a'), [], start)).toBe(0);
    expect(await queue.release(batchId('a'), [one.id, foreign.id, one.id], start)).toBe(1);
    expect(await queue.find(one.id)).toMatchObject({ state: 'pending', fence: 1 });
    expect((await queue.find(one.id))?.lease).toBeUndefined();
    expect(await queue.release(batchId('a'), [one.id], start)).toBe(0);
    expect(await queue.release(batchId('a'), 'all', start)).toBe(2);
    expect(await queue.release(batchId('a'), 'all', start)).toBe(0);
    expect(await queue.release(batchId('b'), 'all', start + term)).toBe(0);
    expect(await queue.find(foreign.id)).toMatchObject({ state: 'leased', fence: 1 });
    const again = await queue.lease(request('c', 4), start);
    expect(again.map(({ fence }) => fence)).toEqual([2, 2, 2]);
  });

  it('never gives one task to two of 20 claimers, and all tasks to somebody', async () => {
    const { queue, another } = opened();
    const contents = Array.from({ length: 2000 }, (_, n) =>
      candidate(n, { priority: (n % 7) / 10 }),
    );
    for (let first = 0; first < contents.length; first += 500) {
      await queue.offer(asOffers(contents.slice(first, first + 500)), start);
    }
    const connections = [queue, await another()];
    const batches = await Promise.all(
      Array.from({ length: 20 }, (_, who) =>
        leaseUntilEmpty(connections[who % 2] ?? queue, `claimer-${who}`),
      ),
    );
    const leased = batches.flat(2);
    expect(leased).toHaveLength(2000);
    expect(new Set(leased.map(({ id }) => id)).size).toBe(2000);
    expect(new Set(leased.map(({ fence }) => fence))).toEqual(new Set([1]));
    // While tasks are free, a claim gets as many as it asks for.
    for (const own of batches) {
      for (const batch of own.slice(0, -1)) expect(batch).toHaveLength(10);
    }
    for (const batch of batches.flat()) {
      const priorities = batch.map(({ decision }) => decision.priority);
      expect(priorities).toEqual(priorities.toSorted((a, b) => b - a));
    }
    const { byState } = await queue.stats(start);
    expect(byState).toEqual({ ...noTasks(), leased: 2000 });
  });

  it('says that nothing is free only when nothing is', async () => {
    const { queue, another } = opened();
    const connections = [queue, await another()];
    for (let round = 0; round < 5; round++) {
      const contents = Array.from({ length: 40 }, (_, n) => candidate(round * 40 + n));
      await queue.offer(asOffers(contents), start);
      // As many claims as there are tasks: each must get one, whoever collides.
      const claims = await Promise.all(
        contents.map((_, n) =>
          (connections[n % 2] ?? queue).lease(request(`round-${round}-${n}`, 1), start),
        ),
      );
      expect(claims.map((tasks) => tasks.length)).toEqual(contents.map(() => 1));
    }
  });

  it('lets one of many claim an expired lease', async () => {
    const { queue, another } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    await queue.lease(request('late', 1), start);
    const now = start + term;
    const second = await another();
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? queue : second).lease(request(`b-${n}`, 3, { now }), now),
      ),
    );
    expect(claims.flat()).toHaveLength(1);
    expect(claims.flat()[0]?.fence).toBe(2);
  });
}

async function leaseUntilEmpty(queue: Queue, who: string): Promise<(readonly Task[])[]> {
  const batches: (readonly Task[])[] = [];
  for (;;) {
    const tasks = await queue.lease(request(`${who}-${batches.length}`, 10), start);
    if (tasks.length === 0) return batches;
    batches.push(tasks);
  }
}
