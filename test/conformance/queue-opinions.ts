import { expect, it } from 'vitest';
import { annotatorId, batchId, taskId } from '../../src/ids.js';
import type { LabelBody } from '../../src/label/label.js';
import type { CompletionOutcome, Verdict } from '../../src/queue/relabel-queue.js';
import { standingTag } from '../../src/queue/standing-tag.js';
import type { Task, TaskState } from '../../src/queue/task.js';
import { asOffers, candidate, request, start, term } from './candidate.js';
import type { Opened, Queue } from './relabel-queue.js';

const cat: LabelBody = { kind: 'class', class: 'cat' };
const dog: LabelBody = { kind: 'class', class: 'dog' };
const judge = annotatorId('judge');
const lead = annotatorId('lead');
const { id } = candidate(1);

/** Several opinions per task, and what is done to single tasks; of a queue with an overlap of two. */
export function opinionObligations(opened: Opened): void {
  it('asks two people, one after the other, and labels what they agree on', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1, { priority: 0.9 }), candidate(2)]), start);
    expect(await says(queue, 'ada', cat)).toMatchObject({
      kind: 'completed',
      task: { state: 'pending', label: undefined, lease: undefined },
    });
    // The priority keeps for others, and who was asked gets something else.
    expect((await lease(queue, 'ada'))?.eventId).toBe('event-2');
    const outcome = await says(queue, 'bo', cat);
    expect(outcome).toMatchObject({
      kind: 'completed',
      task: {
        state: 'labelled',
        label: { body: cat, annotator: 'ada', settledBy: 'agreement', labelledAt: start },
        opinions: [
          { annotator: 'ada', fence: 1, round: 1 },
          { annotator: 'bo', fence: 2, round: 1 },
        ],
      },
    });
    expect(await queue.find(id)).toEqual('task' in outcome && outcome.task);
  });

  it('answers a repeated opinion also while others go on', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    await says(queue, 'ada', cat);
    const claim = { taskId: id, batchId: batchId('batch of ada'), fence: 1 };
    const verdict: Verdict = { kind: 'label', body: cat, labelSet: 'a@1' };
    await lease(queue, 'bo');
    const before = await queue.find(id);
    expect((await queue.complete(claim, verdict, start)).kind).toBe('already-completed');
    expect(await queue.find(id)).toEqual(before);
  });

  it('disputes what they see differently, and a third person decides', async () => {
    const { queue } = opened();
    await dispute(queue);
    expect((await queue.stats(start)).byState).toMatchObject({ disputed: 1, pending: 0 });
    expect(await queue.list({ state: 'disputed' }, { limit: 5 }, start)).toHaveLength(1);
    const late = start + 2 * term;
    expect(await lease(queue, 'cy', late)).toBeUndefined();
    const ruling = { by: judge, body: dog, labelSet: 'a@2' };
    const done = await queue.adjudicate(id, ruling, start + 9);
    expect(done).toMatchObject({
      kind: 'done',
      task: {
        state: 'labelled',
        label: {
          body: dog,
          annotator: 'judge',
          settledBy: 'adjudication',
          labelledAt: start + 9,
          labelSet: 'a@2',
        },
        opinions: [{ body: cat }, { body: dog }],
      },
    });
    expect((await queue.adjudicate(id, ruling, start + 10)).kind).toBe('unchanged');
    expect((await queue.adjudicate(id, { ...ruling, body: cat }, start)).kind).toBe('refused');
    expect(await queue.find(id)).toEqual('task' in done && done.task);
  });

  it('counts one of many rulings at once', async () => {
    const { queue, another } = opened();
    await dispute(queue);
    const second = await another();
    const rulings = await Promise.all(
      [cat, dog, cat, dog].map((body, n) =>
        (n % 2 === 0 ? queue : second).adjudicate(
          id,
          { by: annotatorId(`judge-${n}`), body, labelSet: 'a@1' },
          start,
        ),
      ),
    );
    const kinds = rulings.map(({ kind }) => kind).sort();
    expect(kinds).toEqual(['done', 'refused', 'refused', 'refused']);
  });

  it('does what expects the task elsewhere not at all, and one of many that expect it here', async () => {
    const { queue, another } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    const free = await tagNow(queue);
    await dispute(queue);
    const order = { by: lead, reason: 'r', expected: free };
    for (const step of ['requeue', 'cancel'] as const) {
      expect(await queue[step](id, order, start)).toMatchObject({
        kind: 'changed',
        task: { state: 'disputed', round: 1 },
      });
    }
    const ruling = { by: judge, body: cat, labelSet: 'a@1', expected: free };
    expect((await queue.adjudicate(id, ruling, start)).kind).toBe('changed');

    const expected = await tagNow(queue);
    const second = await another();
    const steps = await Promise.all(
      [queue, second, queue, second].map((each, n) =>
        n < 2
          ? each.requeue(id, { by: lead, reason: 'r', expected }, start)
          : each.cancel(id, { by: lead, reason: 'r', expected }, start),
      ),
    );
    expect(steps.map(({ kind }) => kind).sort()).toEqual(['changed', 'changed', 'changed', 'done']);
  });

  it('begins a new round in which everybody may answer again, and forgets nothing', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    await says(queue, 'ada', cat);
    await says(queue, 'bo', cat);
    const order = { by: lead, reason: 'the guideline changed' };
    expect(await queue.requeue(id, order, start)).toMatchObject({
      kind: 'done',
      task: {
        state: 'pending',
        round: 2,
        fence: 2,
        label: undefined,
        lease: undefined,
        formerLabels: [{ body: cat, settledBy: 'agreement' }],
      },
    });
    expect((await queue.requeue(id, order, start)).kind).toBe('unchanged');
    const late = { taskId: id, batchId: batchId('batch of bo'), fence: 2 };
    const verdict: Verdict = { kind: 'label', body: cat, labelSet: 'a@1' };
    expect((await queue.complete(late, verdict, start)).kind).toBe('already-completed');
    await says(queue, 'ada', dog, 'again');
    await says(queue, 'bo', dog, 'again');
    const task = await queue.find(id);
    expect(task).toMatchObject({ state: 'labelled', round: 2, fence: 4, label: { body: dog } });
    expect(task?.opinions.map(({ round, body }) => [round, body])).toEqual([
      [1, cat],
      [1, cat],
      [2, dog],
      [2, dog],
    ]);
  });

  it('cancels what has not ended, and whoever holds it has lost it', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    const held = await lease(queue, 'ada');
    const order = { by: lead, reason: 'a test picture' };
    const done = await queue.cancel(id, order, start);
    expect(done).toMatchObject({ kind: 'done', task: { state: 'cancelled', lease: undefined } });
    expect((await queue.cancel(id, order, start)).kind).toBe('unchanged');
    const claim = { taskId: id, batchId: batchId('batch of ada'), fence: held?.fence ?? 0 };
    const verdict: Verdict = { kind: 'label', body: cat, labelSet: 'a@1' };
    expect(await queue.complete(claim, verdict, start)).toEqual({ kind: 'lost' });
    expect(await queue.renew(claim.batchId, start + term, start)).toBe(0);
    expect(await lease(queue, 'bo')).toBeUndefined();
    expect(await queue.find(id)).toEqual('task' in done && done.task);
    expect((await queue.requeue(id, order, start)).kind).toBe('done');
    expect((await lease(queue, 'bo'))?.fence).toBe(2);
  });

  it('does only what the state allows', async () => {
    const { queue } = opened();
    const order = { by: lead, reason: 'why not' };
    const ruling = { by: judge, body: cat, labelSet: 'a@1' };
    const nobody = taskId('e'.repeat(64));
    expect(await queue.cancel(nobody, order, start)).toEqual({ kind: 'unknown-task' });
    expect(await queue.requeue(nobody, order, start)).toEqual({ kind: 'unknown-task' });
    expect(await queue.adjudicate(nobody, ruling, start)).toEqual({ kind: 'unknown-task' });
    const answers = async () => {
      const before = await queue.find(id);
      const kinds = [];
      for (const what of ['cancel', 'adjudicate'] as const) {
        const outcome =
          what === 'cancel'
            ? await queue.cancel(id, order, start)
            : await queue.adjudicate(id, ruling, start);
        kinds.push(outcome.kind);
      }
      expect(await queue.find(id)).toEqual(before);
      return [before?.state, ...kinds] as [TaskState, ...string[]];
    };
    await queue.offer(asOffers([candidate(1)]), start);
    await says(queue, 'ada', cat);
    expect((await queue.adjudicate(id, ruling, start)).kind).toBe('refused');
    await says(queue, 'bo', cat);
    expect(await answers()).toEqual(['labelled', 'refused', 'refused']);
    await queue.requeue(id, order, start);
    for (const who of ['ada', 'bo']) {
      await lease(queue, who, start, 'skipping');
      const claim = { taskId: id, batchId: batchId(`skipping of ${who}`), fence: 0 };
      const fence = (await queue.find(id))?.fence ?? 0;
      await queue.complete({ ...claim, fence }, { kind: 'skip', reason: 'dark' }, start);
    }
    expect(await answers()).toEqual(['skipped', 'refused', 'refused']);
  });

  it('settles one of many orders at once, and loses no answer to them', async () => {
    const { queue, another } = opened();
    const second = await another();
    await queue.offer(asOffers([candidate(1)]), start);
    await says(queue, 'ada', cat);
    const held = await lease(queue, 'bo');
    const claim = { taskId: id, batchId: batchId('batch of bo'), fence: held?.fence ?? 0 };
    const verdict: Verdict = { kind: 'label', body: cat, labelSet: 'a@1' };
    const order = { by: lead, reason: 'a race' };
    const [answered, cancelled] = await Promise.all([
      queue.complete(claim, verdict, start),
      second.cancel(id, order, start),
      second.renew(claim.batchId, start + term + 1, start),
    ]);
    const task = await queue.find(id);
    // Whoever came first won, and the other one was told.
    if (answered.kind === 'completed') {
      expect(cancelled.kind).toBe('refused');
      expect(task).toMatchObject({ state: 'labelled' });
    } else {
      expect([answered.kind, cancelled.kind]).toEqual(['lost', 'done']);
      expect(task).toMatchObject({ state: 'cancelled', opinions: [{ annotator: 'ada' }] });
    }
  });
}

async function lease(
  queue: Queue,
  who: string,
  now = start,
  batch = 'batch',
): Promise<Task | undefined> {
  const asked = { ...request(`${batch} of ${who}`, 1, { now }), annotator: annotatorId(who) };
  const [task] = await queue.lease(asked, now);
  return task;
}

async function says(
  queue: Queue,
  who: string,
  body: LabelBody,
  batch = 'batch',
): Promise<CompletionOutcome> {
  const task = await lease(queue, who, start, batch);
  if (task === undefined) throw new Error(`nothing is free for ${who}`);
  const claim = { taskId: task.id, batchId: batchId(`${batch} of ${who}`), fence: task.fence };
  return queue.complete(claim, { kind: 'label', body, labelSet: 'a@1' }, start);
}

/** Where task 1 stands, as a reader tells it. */
async function tagNow(queue: Queue) {
  const task = await queue.find(id);
  if (task === undefined) throw new Error('the task is not there');
  return standingTag(task);
}

async function dispute(queue: Queue): Promise<void> {
  await queue.offer(asOffers([candidate(1)]), start);
  await says(queue, 'ada', cat);
  expect(await says(queue, 'bo', dog)).toMatchObject({
    kind: 'completed',
    task: { state: 'disputed', label: undefined, lease: undefined },
  });
}
