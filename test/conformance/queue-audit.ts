import { expect, it } from 'vitest';
import { actorKey, annotatorId, batchId, taskId } from '../../src/ids.js';
import { edgeminerActor, textHash, verifyChain } from '../../src/queue/audit.js';
import type { AuditedTask } from '../../src/queue/audit.js';
import type { Verdict } from '../../src/queue/relabel-queue.js';
import { asOffers, candidate, request, start, term } from './candidate.js';
import type { Opened, QueueUnderTest } from './relabel-queue.js';

const cat: Verdict = { kind: 'label', body: { kind: 'class', class: 'cat' }, labelSet: 'a@1' };
const ada = annotatorId('ada "the cat" \u{1F408}');
const bo = annotatorId('bo');
const { id } = candidate(1);

/** The audit trail, of a queue with an overlap of two. */
export function auditObligations(opened: Opened): void {
  it('names the people that a tool holds tasks for, and takes one answer of each', async () => {
    const { queue, audit } = opened();
    const tool = annotatorId('label-studio');
    await queue.offer(asOffers([candidate(1)]), start);
    await queue.lease({ ...request('a', 1), annotator: tool }, start + 1);
    const first = { taskId: id, batchId: batchId('a'), fence: 1 };
    expect(await queue.complete({ ...first, by: ada }, cat, start + 2)).toMatchObject({
      kind: 'completed',
      task: { state: 'pending' },
    });
    // The tool itself has not answered, so that it gets the task again.
    await queue.lease({ ...request('b', 1), annotator: tool }, start + 3);
    const second = { taskId: id, batchId: batchId('b'), fence: 2 };
    expect(await queue.complete({ ...second, by: ada }, cat, start + 4)).toEqual({ kind: 'lost' });
    expect(await queue.complete({ ...second, by: bo }, cat, start + 4)).toMatchObject({
      kind: 'completed',
      task: { state: 'labelled', opinions: [{ annotator: ada }, { annotator: bo }] },
    });
    const audited = await chainOf(opened());
    expect(verifyChain(audited)).toEqual({ kind: 'whole' });
    const names = await audit.namesOf(audited.entries.map(({ actor }) => actor));
    expect(audited.entries.map(({ actor, action }) => [action, names.get(actor)])).toEqual([
      ['offer', undefined],
      ['lease', tool],
      ['label', ada],
      ['lease', tool],
      ['label', bo],
    ]);
  });

  it('says who did what, when, and from where', async () => {
    const { queue, audit } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    await queue.lease({ ...request('a', 1), annotator: ada }, start + 1);
    await queue.renew(batchId('a'), start + term + 5, start + 2);
    await queue.release(batchId('a'), 'all', start + 3);
    await queue.lease({ ...request('b', 1), annotator: bo }, start + 4);
    const late = start + term;
    await queue.lease({ ...request('c', 1, { now: late }), annotator: ada }, late);
    const claim = { taskId: id, batchId: batchId('c'), fence: 3 };
    await queue.complete(claim, { kind: 'skip', reason: 'only fog' }, late + 1);
    // Refused, repeated and refreshed: no transitions.
    await queue.complete(claim, cat, late + 2);
    await queue.complete({ ...claim, batchId: batchId('b'), fence: 2 }, cat, late + 2);
    await queue.offer(asOffers([candidate(1, { raw: 5 })]), late + 2);
    await queue.cancel(id, { by: bo, reason: 'a test' }, late + 3);

    const audited = await chainOf(opened());
    expect(verifyChain(audited)).toEqual({ kind: 'whole' });
    const names = await audit.namesOf(audited.entries.map(({ actor }) => actor));
    const rows = audited.entries.map(({ seq, at, actor, action, from, to, round, fence }) => [
      [seq, at - start, names.get(actor) ?? actor],
      [action, from, to, round, fence],
    ]);
    expect(rows).toEqual([
      [
        [1, 0, edgeminerActor],
        ['offer', 'none', 'pending', 1, 0],
      ],
      [
        [2, 1, ada],
        ['lease', 'pending', 'leased', 1, 1],
      ],
      [
        [3, 3, ada],
        ['release', 'leased', 'pending', 1, 1],
      ],
      [
        [4, 4, bo],
        ['lease', 'pending', 'leased', 1, 2],
      ],
      [
        [5, term, ada],
        ['lease', 'leased', 'leased', 1, 3],
      ],
      [
        [6, term + 1, ada],
        ['skip', 'leased', 'pending', 1, 3],
      ],
      [
        [7, term + 3, bo],
        ['cancel', 'pending', 'cancelled', 1, 3],
      ],
    ]);
    const details = audited.entries.map(({ detail }) => detail);
    expect(details[0]).toEqual({ overlap: 2 });
    expect(details[1]).toEqual({ batch: 'a', expiresAt: start + term });
    expect(details[4]).toMatchObject({ batch: 'c', expiredBatch: 'b' });
    expect(details[5]).toEqual({ batch: 'c', reason: textHash('only fog') });
    expect(details[6]).toEqual({ reason: 'a test' });
  });

  it('holds one chain per task, whoever writes it at once', async () => {
    const { queue, another, audit } = opened();
    const second = await another();
    const contents = Array.from({ length: 20 }, (_, n) => candidate(n));
    await queue.offer(asOffers(contents), start);
    await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        const mine = n % 2 === 0 ? queue : second;
        for (let lap = 0; lap < 3; lap++) {
          const batch = `${n}-${lap}`;
          const tasks = await mine.lease(request(batch, 5), start);
          const [first] = tasks;
          if (first === undefined) continue;
          const { fence } = first;
          await mine.complete({ taskId: first.id, batchId: batchId(batch), fence }, cat, start);
          await mine.release(batchId(batch), 'all', start);
        }
      }),
    );
    const pages = [await audit.auditedTasks({ limit: 15 })];
    const after = pages[0]?.at(-1)?.task.id;
    if (after === undefined) throw new Error('there are 20 tasks');
    pages.push(await audit.auditedTasks({ limit: 15, after }));
    const all = pages.flat();
    expect(all.map(({ task }) => task.id)).toEqual(contents.map((one) => one.id).toSorted());
    for (const audited of all) {
      expect(verifyChain(audited)).toEqual({ kind: 'whole' });
      const leases = audited.entries.filter(({ action }) => action === 'lease');
      expect(leases).toHaveLength(audited.task.fence);
    }
    // One key for one person, in all chains, and one of its own for each.
    const actors = new Set(all.flatMap(({ entries }) => entries.map(({ actor }) => actor)));
    const names = await audit.namesOf([...actors]);
    expect(new Set(names.values()).size).toBe(actors.size - 1);
  });

  it('keeps its chains when a person is given a pseudonym', async () => {
    const { queue, audit } = opened();
    await queue.offer(asOffers([candidate(1, { priority: 1 }), candidate(2), candidate(3)]), start);
    const held = await queue.lease({ ...request('a', 3), annotator: ada }, start);
    const [first, second] = held;
    if (first === undefined || second === undefined) throw new Error('three were free');
    await queue.complete({ taskId: first.id, batchId: batchId('a'), fence: 1 }, cat, start);
    const skip = { kind: 'skip', reason: 'dark' } as const;
    await queue.complete({ taskId: second.id, batchId: batchId('a'), fence: 1 }, skip, start);
    await queue.lease({ ...request('b', 1), annotator: bo }, start);
    await queue.complete({ taskId: first.id, batchId: batchId('b'), fence: 2 }, cat, start);
    await queue.requeue(first.id, { by: ada, reason: 'once more' }, start);
    const before = await audit.auditedTasks({ limit: 9 });

    const pseudonym = annotatorId('person-1');
    const outcome = await audit.pseudonymise(ada, pseudonym);
    expect(outcome).toEqual({ kind: 'pseudonymised', pseudonym, tasks: 3 });
    const after = await audit.auditedTasks({ limit: 9 });
    expect(after.map(({ entries }) => entries)).toEqual(before.map(({ entries }) => entries));
    for (const one of after) expect(verifyChain(one)).toEqual({ kind: 'whole' });
    expect(JSON.stringify(after)).not.toContain('the cat');
    expect(after.map(({ task }) => task)).toEqual(
      before.map(({ task }) => renamed(task, ada, pseudonym)),
    );
    const actors = after.flatMap(({ entries }) => entries.map(({ actor }) => actor));
    const names = new Set((await audit.namesOf(actors)).values());
    expect(names).toEqual(new Set([pseudonym, 'bo']));
    expect(await audit.pseudonymise(ada, pseudonym)).toEqual({ kind: 'unknown-person' });
    // Who comes back under the old name is somebody new.
    await queue.release(batchId('a'), 'all', start);
    await queue.lease({ ...request('new', 3), annotator: ada }, start);
    const keys = (await audit.auditedTasks({ limit: 9 })).flatMap(({ entries }) => entries);
    const used = await audit.namesOf(keys.map(({ actor }) => actor));
    expect(new Set(used.values())).toEqual(new Set([pseudonym, 'bo', ada]));
  });

  it('knows nothing of tasks and people that there are not', async () => {
    const { audit } = opened();
    expect(await audit.audited(taskId('e'.repeat(64)))).toBeUndefined();
    expect(await audit.auditedTasks({ limit: 5 })).toEqual([]);
    expect(await audit.namesOf([actorKey('nobody')])).toEqual(new Map());
    expect(await audit.pseudonymise(ada, annotatorId('p'))).toEqual({ kind: 'unknown-person' });
  });
}

async function chainOf({ audit }: QueueUnderTest): Promise<AuditedTask> {
  const audited = await audit.audited(id);
  if (audited === undefined) throw new Error('the task is there');
  return audited;
}

function renamed<T>(value: T, from: string, to: string): T {
  if (Array.isArray(value)) return value.map((each: unknown) => renamed(each, from, to)) as T;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]: [string, unknown]) => [key, renamed(each, from, to)]),
    ) as T;
  }
  return value === from ? (to as T) : value;
}
