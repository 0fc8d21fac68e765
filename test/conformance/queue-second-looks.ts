import { expect, it } from 'vitest';
import { annotatorId, batchId } from '../../src/ids.js';
import type { LabelBody } from '../../src/label/label.js';
import { labelHash } from '../../src/queue/audit.js';
import type { Verdict } from '../../src/queue/relabel-queue.js';
import type { Task } from '../../src/queue/task.js';
import { asOffers, candidate, request, start } from './candidate.js';
import type { Opened, Queue } from './relabel-queue.js';

const cat: LabelBody = { kind: 'class', class: 'cat' };
const dog: LabelBody = { kind: 'class', class: 'dog' };
const [ada, bo] = [annotatorId('ada'), annotatorId('bo')];
const by = annotatorId('edgeminer');
const { id } = candidate(1);

/** Rounds that are begun because somebody or something is doubted; of an overlap of two. */
export function secondLookObligations(opened: Opened): void {
  it('keeps how an opinion compares with the prediction, exactly', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    const boxes = { kind: 'boxes', accepted: false, kept: 0, moved: 0, renamed: [] } as const;
    const edit = { ...boxes, meanShift: NaN, added: 1, removed: 0 };
    const prediction = { shown: false, edit };
    await says(queue, 'ada', cat, { prediction });
    expect((await queue.find(id))?.opinions[0]?.prediction).toEqual(prediction);
  });

  it('no longer counts whom it discounts, also on tasks that are open', async () => {
    const { queue } = opened();
    const order = { by, reason: 'ada was paused', discounting: ada };
    await queue.offer(asOffers([candidate(1, { priority: 1 }), candidate(2)]), start);
    await says(queue, 'ada', cat);
    expect(await queue.requeue(id, { ...order, discounting: bo }, start)).toMatchObject({
      kind: 'unchanged',
    });
    const held = await lease(queue, 'bo');
    expect(await queue.requeue(id, order, start)).toMatchObject({
      kind: 'done',
      task: { state: 'leased', round: 2, lease: { annotator: 'bo' }, opinions: [{ round: 1 }] },
    });
    expect((await queue.requeue(id, order, start)).kind).toBe('unchanged');
    const claim = { taskId: id, batchId: batchId('of bo'), fence: held?.fence ?? 0 };
    const verdict: Verdict = { kind: 'label', body: dog, labelSet: 'a@1' };
    // bo's is the first opinion of the new round, which takes two.
    expect(await queue.complete(claim, verdict, start)).toMatchObject({
      kind: 'completed',
      task: { state: 'pending', opinions: [{ round: 1 }, { round: 2 }] },
    });
    await says(queue, 'cy', dog);
    expect((await queue.requeue(id, order, start)).kind).toBe('unchanged');
    const undone = await queue.requeue(id, { ...order, discounting: bo }, start);
    expect(undone).toMatchObject({ kind: 'done', task: { state: 'pending', round: 3 } });
    expect(await queue.find(id)).toEqual('task' in undone && undone.task);
  });

  it('leaves what an adjudicator decided', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    await says(queue, 'ada', cat);
    await says(queue, 'bo', dog);
    expect(await queue.find(id)).toMatchObject({ state: 'disputed', disputes: [{ round: 1 }] });
    await queue.adjudicate(id, { by, body: dog, labelSet: 'a@1' }, start);
    const order = { by, reason: 'ada was paused', discounting: ada };
    expect((await queue.requeue(id, order, start)).kind).toBe('unchanged');
    expect((await queue.find(id))?.disputes).toEqual([{ round: 1, why: ['They differ.'] }]);
  });

  it('looks at a label a second time, and not a third where people stand by it', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    const order = { by, reason: 'second look', secondLook: ['The model says dog.'] };
    await says(queue, 'ada', cat);
    expect((await queue.requeue(id, order, start)).kind).toBe('unchanged');
    await says(queue, 'bo', cat);
    const looks = [{ round: 2, label: labelHash(cat), why: ['The model says dog.'] }];
    expect(await queue.requeue(id, order, start)).toMatchObject({
      kind: 'done',
      task: { state: 'pending', round: 2, secondLooks: looks, formerLabels: [{ body: cat }] },
    });
    await says(queue, 'ada', cat);
    await says(queue, 'bo', cat);
    expect((await queue.requeue(id, order, start)).kind).toBe('unchanged');
    expect(await queue.find(id)).toMatchObject({ state: 'labelled', secondLooks: looks });
  });

  it('lists the tasks of which somebody gave an opinion, in any round', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1, { priority: 1 }), candidate(2)]), start);
    await says(queue, 'ada', cat);
    await says(queue, 'bo', cat);
    await queue.requeue(id, { by, reason: 'again' }, start);
    const skipped = await lease(queue, 'cy');
    const claim = { taskId: id, batchId: batchId('of cy'), fence: skipped?.fence ?? 0 };
    await queue.complete(claim, { kind: 'skip', reason: 'dark' }, start);
    const listed = async (who: string) =>
      (await queue.list({ opinionBy: annotatorId(who) }, { limit: 5 }, start)).map((one) => one.id);
    expect(await listed('ada')).toEqual([id]);
    expect(await listed('bo')).toEqual([id]);
    expect(await listed('cy')).toEqual([]);
    expect(await queue.list({ opinionBy: ada, state: 'labelled' }, { limit: 5 }, start)).toEqual(
      [],
    );
  });
}

async function lease(queue: Queue, who: string): Promise<Task | undefined> {
  const [task] = await queue.lease(
    { ...request(`of ${who}`, 1), annotator: annotatorId(who) },
    start,
  );
  return task;
}

async function says(
  queue: Queue,
  who: string,
  body: LabelBody,
  more: Partial<Extract<Verdict, { kind: 'label' }>> = {},
): Promise<void> {
  const task = await lease(queue, who);
  if (task === undefined) throw new Error(`nothing is free for ${who}`);
  const claim = { taskId: task.id, batchId: batchId(`of ${who}`), fence: task.fence };
  const verdict = { kind: 'label', body, labelSet: 'a@1', ...more } as const;
  expect((await queue.complete(claim, verdict, start)).kind).toBe('completed');
}
