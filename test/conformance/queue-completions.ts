import { expect, it } from 'vitest';
import { annotatorId, batchId, taskId } from '../../src/ids.js';
import type { Claim, Verdict } from '../../src/queue/relabel-queue.js';
import type { Task } from '../../src/queue/task.js';
import { asOffers, candidate, request, start, term } from './candidate.js';
import type { Opened, Queue } from './relabel-queue.js';

type Said = Extract<Verdict, { kind: 'label' }>;

const cat: Said = { kind: 'label', body: { kind: 'class', class: 'cat' }, labelSet: 'a@2' };
const boxes: Said = {
  kind: 'label',
  body: { kind: 'boxes', boxes: [{ class: 'dog', x: 0.5, y: 1, width: 20, height: 30 }] },
  labelSet: 'b@1',
};
const unclear: Verdict = { kind: 'skip', reason: 'unclear' };

export function completionObligations(opened: Opened): void {
  it('ends a held task with a label', async () => {
    const { queue } = opened();
    for (const [n, verdict] of [cat, boxes].entries()) {
      const { task, claim } = await leaseOne(queue, n);
      const outcome = await queue.complete(claim, verdict, start + 7);
      const { batchId: batch, fence } = claim;
      const { annotator } = request(batch, 1);
      const { body, labelSet } = verdict;
      const ended: Task = {
        ...task,
        state: 'labelled',
        opinions: [
          {
            body,
            labelSet,
            annotator,
            batchId: batch,
            fence,
            round: 1,
            heldMs: 7,
            givenAt: start + 7,
          },
        ],
        label: { body, annotator, labelledAt: start + 7, labelSet },
      };
      expect(outcome).toEqual({ kind: 'completed', task: ended });
      expect(await queue.find(task.id)).toEqual(ended);
    }
  });

  it('gives a skipped task to somebody else, and ends it with the second skip', async () => {
    const { queue } = opened();
    const { task, claim } = await leaseOne(queue, 1);
    await queue.complete(claim, unclear, start + 7);
    const first = {
      reason: 'unclear',
      annotator: annotatorId('annotator of b-1'),
      batchId: claim.batchId,
      fence: 1,
      round: 1,
      heldMs: 7,
      skippedAt: start + 7,
    };
    const skipped = { ...task, state: 'pending', lease: undefined, skips: [first] };
    expect(await queue.find(task.id)).toEqual(skipped);
    // The same request again is answered, and changes nothing.
    expect(await queue.complete(claim, unclear, start + 9)).toMatchObject({
      kind: 'already-completed',
    });
    const again = { ...request('mine', 1), annotator: first.annotator };
    expect(await queue.lease(again, start + 7)).toEqual([]);
    const [other] = await queue.lease(request('others', 1), start + 7);
    expect(other).toMatchObject({ id: task.id, fence: 2 });
    const last = { taskId: task.id, batchId: batchId('others'), fence: 2 };
    const outcome = await queue.complete(last, unclear, start + 10);
    expect(outcome).toMatchObject({ kind: 'completed', task: { state: 'skipped' } });
    expect((await queue.find(task.id))?.skips).toHaveLength(2);
    const late = start + 2 * term;
    expect(await queue.lease(request('third', 1, { now: late }), late)).toEqual([]);
  });

  it('answers a repeated completion, and changes nothing', async () => {
    const { queue } = opened();
    const { task, claim } = await leaseOne(queue, 1);
    await queue.complete(claim, cat, start);
    const ended = await queue.find(task.id);
    // Also after the lease would have expired, and with another verdict.
    for (const verdict of [cat, unclear]) {
      expect(await queue.complete(claim, verdict, start + 5 * term)).toEqual({
        kind: 'already-completed',
        task: ended,
      });
    }
    expect(await queue.find(task.id)).toEqual(ended);
    expect(await queue.lease(request('later', 1, { now: start + term }), start + term)).toEqual([]);
  });

  it('counts one of many completions at once', async () => {
    const { queue, another } = opened();
    const { claim } = await leaseOne(queue, 1);
    const second = await another();
    const outcomes = await Promise.all(
      [cat, unclear, boxes, cat, unclear, boxes].map((verdict, n) =>
        (n % 2 === 0 ? queue : second).complete(claim, verdict, start),
      ),
    );
    const kinds = outcomes.map(({ kind }) => kind).sort();
    expect(kinds).toEqual([...Array<string>(5).fill('already-completed'), 'completed']);
  });

  it('changes nothing once the lease has expired', async () => {
    const { queue } = opened();
    const { task, claim } = await leaseOne(queue, 1);
    expect(await queue.complete(claim, cat, start + term)).toEqual({ kind: 'lost' });
    expect(await queue.find(task.id)).toEqual(task);
  });

  it('changes nothing once somebody else has leased or ended the task', async () => {
    const { queue } = opened();
    const { task, claim } = await leaseOne(queue, 1);
    const now = start + term;
    const [again] = await queue.lease(request('other', 1, { now }), now);
    expect(again?.fence).toBe(2);
    // The late one's clock may be behind.
    expect(await queue.complete(claim, cat, start)).toEqual({ kind: 'lost' });
    expect(await queue.find(task.id)).toEqual(again);
    const other: Claim = { taskId: task.id, batchId: batchId('other'), fence: 2 };
    expect(await queue.complete(other, boxes, now)).toMatchObject({ kind: 'completed' });
    expect(await queue.complete(claim, cat, start)).toEqual({ kind: 'lost' });
    expect(await queue.find(task.id)).toMatchObject({
      state: 'labelled',
      label: { body: boxes.body },
    });
  });

  it('fences: the same batch with an older fence has lost', async () => {
    const { queue } = opened();
    const { task, claim } = await leaseOne(queue, 1);
    await queue.release(claim.batchId, 'all', start);
    expect(await queue.complete(claim, cat, start)).toEqual({ kind: 'lost' });
    await queue.lease(request(claim.batchId, 1), start);
    expect(await queue.complete(claim, cat, start)).toEqual({ kind: 'lost' });
    expect(await queue.complete({ ...claim, fence: 3 }, cat, start)).toEqual({ kind: 'lost' });
    expect(await queue.find(task.id)).toMatchObject({ state: 'leased', fence: 2 });
    expect(await queue.complete({ ...claim, fence: 2 }, cat, start)).toMatchObject({
      kind: 'completed',
    });
  });

  it('holds against a foreign batch', async () => {
    const { queue } = opened();
    const { claim } = await leaseOne(queue, 1);
    const foreign = { ...claim, batchId: batchId('foreign') };
    expect(await queue.complete(foreign, cat, start)).toEqual({ kind: 'lost' });
  });

  it('knows no task that was not offered, and loses a claim on one never leased', async () => {
    const { queue } = opened();
    const claim = { taskId: taskId('e'.repeat(64)), batchId: batchId('b'), fence: 1 };
    expect(await queue.complete(claim, cat, start)).toEqual({ kind: 'unknown-task' });
    await queue.offer(asOffers([candidate(1)]), start);
    const { id } = candidate(1);
    expect(await queue.complete({ ...claim, taskId: id, fence: 0 }, cat, start)).toEqual({
      kind: 'lost',
    });
  });

  it('completes while the batch is being renewed', async () => {
    const { queue, another } = opened();
    const { claim } = await leaseOne(queue, 1);
    const second = await another();
    const [outcome] = await Promise.all([
      queue.complete(claim, cat, start),
      ...Array.from({ length: 10 }, (_, n) => second.renew(claim.batchId, start + term + n, start)),
    ]);
    expect(outcome.kind).toBe('completed');
  });
}

async function leaseOne(queue: Queue, n: number): Promise<{ task: Task; claim: Claim }> {
  await queue.offer(asOffers([candidate(n)]), start);
  const [task] = await queue.lease(request(`b-${n}`, 1), start);
  if (task === undefined) throw new Error('a task was free');
  return { task, claim: { taskId: task.id, batchId: batchId(`b-${n}`), fence: task.fence } };
}
