import { expect, it } from 'vitest';
import { batchId, eventId, taskId } from '../../src/ids.js';
import type { Offer } from '../../src/queue/relabel-queue.js';
import { newStanding } from '../../src/queue/transitions.js';
import { asOffers, candidate, request, start, term } from './candidate.js';
import type { Opened } from './relabel-queue.js';

export function offerObligations(opened: Opened): void {
  it('makes one pending task of a candidate, with all that was found out', async () => {
    const { queue } = opened();
    const content = candidate(1, {
      raw: Number.NaN,
      tags: { 'a.b': '1', $c: '2', __proto__x: '' },
    });
    expect(await queue.offer(asOffers([content]), start)).toEqual(['queued']);
    expect(await queue.find(content.id)).toEqual({
      ...content,
      ...newStanding(1),
      offeredAt: start,
      duplicates: [],
    });
  });

  it('keeps numbers that JSON has no words for', async () => {
    const { queue } = opened();
    const raws = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324, 2 ** 53];
    const contents = raws.map((raw, n) => candidate(n, { raw }));
    await queue.offer(asOffers(contents), start);
    for (const content of contents) {
      expect((await queue.find(content.id))?.scores).toEqual(content.scores);
    }
  });

  it('answers each offer in its place', async () => {
    const { queue } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    const duplicate: Offer = {
      kind: 'duplicate',
      of: candidate(2).id,
      eventId: eventId('again'),
    };
    const offers = [duplicate, ...asOffers([candidate(1), candidate(2), candidate(2)])];
    // The original of the near-duplicate comes in the same call.
    expect(await queue.offer(offers, start)).toEqual(['duplicate', 'known', 'queued', 'known']);
    expect((await queue.find(candidate(2).id))?.duplicates).toEqual(['again']);
  });

  it('takes no offers at all', async () => {
    expect(await opened().queue.offer([], start)).toEqual([]);
  });

  it('refreshes what was found out about a known task, and nothing else of it', async () => {
    const { queue } = opened();
    const content = candidate(1);
    await queue.offer(asOffers([content]), start);
    const later = candidate(1, { raw: 99, priority: 0.9, reasons: ['blur'] });
    const replay = {
      ...later,
      occurredAt: 5,
      tags: {},
      image: { ...later.image, hash: candidate(2).image.hash, width: 1 },
    };
    expect(await queue.offer(asOffers([replay]), start + 1)).toEqual(['known']);
    expect(await queue.find(content.id)).toEqual({
      ...content,
      scores: later.scores,
      decision: later.decision,
      predictions: later.predictions,
      ...newStanding(1),
      offeredAt: start,
      duplicates: [],
    });
    // The new priority counts.
    await queue.offer(asOffers([candidate(2, { priority: 0.7 })]), start);
    const [first] = await queue.lease(request('b', 1), start);
    expect(first?.id).toBe(content.id);
  });

  it('leaves a leased, a labelled and a skipped task in its state', async () => {
    const { queue } = opened();
    const contents = [candidate(1), candidate(2), candidate(3)];
    await queue.offer(asOffers(contents), start);
    const skip = { kind: 'skip', reason: 'unclear' } as const;
    const [, , skipped] = await queue.lease(request('a', 3), start);
    if (skipped === undefined) throw new Error('three tasks were free');
    await queue.complete({ taskId: skipped.id, batchId: batchId('a'), fence: 1 }, skip, start);
    await queue.release(batchId('a'), 'all', start);
    const [, second, third] = await queue.lease(request('b', 3), start);
    if (second === undefined || third === undefined) throw new Error('three tasks were free');
    const batch = batchId('b');
    const label = {
      kind: 'label',
      body: { kind: 'class', class: 'cat' },
      labelSet: 'a@1',
    } as const;
    await queue.complete({ taskId: second.id, batchId: batch, fence: 2 }, label, start);
    await queue.complete({ taskId: third.id, batchId: batch, fence: 2 }, skip, start);
    const before = await queue.list({}, { limit: 10 }, start);
    expect(await queue.offer(asOffers(contents), start + term)).toEqual([
      'known',
      'known',
      'known',
    ]);
    expect(await queue.list({}, { limit: 10 }, start)).toEqual(before);
    expect(new Set(before.map(({ state }) => state))).toEqual(
      new Set(['leased', 'labelled', 'skipped']),
    );
    // Nothing but the expired lease is free again.
    expect(await queue.lease(request('c', 3, { now: start + term }), start + term)).toHaveLength(1);
  });

  it('makes one task of one candidate, however many offer it at once', async () => {
    const { queue, another } = opened();
    const queues = [queue, await another(), queue, await another()];
    const contents = Array.from({ length: 50 }, (_, n) => candidate(n));
    const outcomes = await Promise.all(
      queues.map((one, index) =>
        one.offer(asOffers(index % 2 === 0 ? contents : contents.toReversed()), start),
      ),
    );
    expect(outcomes.flat().filter((outcome) => outcome === 'queued')).toHaveLength(50);
    expect(outcomes.flat().filter((outcome) => outcome === 'known')).toHaveLength(150);
    expect((await queue.stats(start)).byState.pending).toBe(50);
  });

  it('notes a near-duplicate once, also when it is offered at once', async () => {
    const { queue, another } = opened();
    await queue.offer(asOffers([candidate(1)]), start);
    const duplicate = (event: string): Offer => ({
      kind: 'duplicate',
      of: candidate(1).id,
      eventId: eventId(event),
    });
    const second = await another();
    await Promise.all(
      [queue, second, queue].map((one) => one.offer([duplicate('a'), duplicate('b')], start)),
    );
    await queue.offer([duplicate('b')], start);
    expect((await queue.find(candidate(1).id))?.duplicates.toSorted()).toEqual(['a', 'b']);
    expect((await queue.stats(start)).duplicates).toBe(2);
  });

  it('notes an event on one task only, whatever two workers say of it', async () => {
    const { queue, another } = opened();
    const second = await another();
    await queue.offer(asOffers([candidate(1), candidate(2)]), start);
    const on = (n: number): Offer => ({
      kind: 'duplicate',
      of: candidate(n).id,
      eventId: eventId('copy'),
    });
    await Promise.all([queue.offer([on(1)], start), second.offer([on(2)], start)]);
    expect((await queue.stats(start)).duplicates).toBe(1);
    await queue.offer([on(1), on(2)], start);
    expect((await queue.stats(start)).duplicates).toBe(1);
  });

  it('notes at most 1,000 near-duplicates', async () => {
    const { queue } = opened();
    const original = candidate(1).id;
    const duplicates = Array.from({ length: 1001 }, (_, n) => ({
      kind: 'duplicate' as const,
      of: original,
      eventId: eventId(`copy-${n}`),
    }));
    await queue.offer([...asOffers([candidate(1)]), ...duplicates], start);
    const again = await queue.offer([...duplicates.slice(-1)], start);
    expect(again).toEqual(['duplicate']);
    expect((await queue.find(original))?.duplicates).toHaveLength(1000);
  });

  it('recalls an event as a task, as a near-duplicate of its source, or not at all', async () => {
    const { queue } = opened();
    const [own, other] = [candidate(1), candidate(2, { source: 'other' })];
    await queue.offer(asOffers([own, other]), start);
    const copy = eventId('copy');
    const sighting = { ...candidate(3), eventId: copy };
    const recall = (source = sighting.sourceId) =>
      queue.recall({ ...sighting, taskId: sighting.id, sourceId: source });
    expect(await queue.recall({ ...own, taskId: own.id })).toEqual({
      kind: 'task',
      image: own.image.hash,
      modelVersion: own.modelVersion,
      reasons: own.decision.reasons,
    });
    expect(await recall()).toEqual({ kind: 'nothing' });
    await queue.offer([{ kind: 'duplicate', of: own.id, eventId: copy }], start);
    expect(await recall()).toEqual({ kind: 'duplicate' });
    expect(await recall(other.sourceId)).toEqual({ kind: 'nothing' });
    // A refreshed task still lists it.
    await queue.offer(asOffers([own]), start);
    expect(await recall()).toEqual({ kind: 'duplicate' });
    await queue.offer(asOffers([{ ...candidate(3), eventId: copy }]), start);
    expect(await recall()).toMatchObject({ kind: 'task' });
  });

  it('refuses a near-duplicate of an unknown task, and keeps the rest of the call', async () => {
    const { queue } = opened();
    const unknown = taskId('f'.repeat(64));
    const offers: Offer[] = [
      { kind: 'duplicate', of: unknown, eventId: eventId('x') },
      ...asOffers([candidate(1)]),
    ];
    await expect(queue.offer(offers, start)).rejects.toMatchObject({ code: 'task.not-found' });
    expect(await queue.find(candidate(1).id)).toBeDefined();
    expect(await queue.find(unknown)).toBeUndefined();
  });

  it('gives fingerprints of the same model and source in time, newest first', async () => {
    const { queue } = opened();
    const contents = [
      candidate(1, { occurredAt: 1000 }),
      candidate(2, { occurredAt: 3000 }),
      candidate(3, { occurredAt: 2000, reasons: ['dark', 'flicker'] }),
      candidate(4, { occurredAt: 999 }),
      candidate(5, { occurredAt: 3001 }),
      candidate(6, { occurredAt: 2000, model: 'other' }),
      candidate(7, { occurredAt: 2000, source: 'other' }),
      candidate(8, { occurredAt: 2000, control: true }),
      candidate(9, { occurredAt: 1500, control: true, reasons: ['dark', 'control-sample'] }),
    ];
    await queue.offer(asOffers(contents), start);
    const { modelName, sourceId } = candidate(1);
    const scope = { modelName, sourceId, from: 1000, to: 3000, limit: 10 };
    const found = await queue.recentFingerprints(scope);
    const expected = [2, 3, 9, 1].map((n) => candidate(n));
    expect(found).toEqual(
      expected.map(({ id, image }) => ({ taskId: id, perceptualHash: image.perceptualHash })),
    );
    expect(await queue.recentFingerprints({ ...scope, limit: 2 })).toEqual(found.slice(0, 2));
    expect(await queue.recentFingerprints({ ...scope, limit: 0 })).toEqual([]);
    expect(await queue.recentFingerprints({ ...scope, reason: 'dark' })).toEqual(found);
    expect(await queue.recentFingerprints({ ...scope, reason: 'flicker' })).toEqual([found[1]]);
    expect(await queue.recentFingerprints({ ...scope, reason: 'blur' })).toEqual([]);
    // A refreshed decision counts.
    await queue.offer(asOffers([candidate(2, { occurredAt: 3000, control: true })]), start);
    expect(await queue.recentFingerprints(scope)).toEqual(found.slice(1));
  });

  it('gives fingerprints of tasks that have ended, too', async () => {
    const { queue } = opened();
    const content = candidate(1);
    await queue.offer(asOffers([content]), start);
    await queue.lease(request('b', 1), start);
    await queue.complete(
      { taskId: content.id, batchId: batchId('b'), fence: 1 },
      { kind: 'skip', reason: 'unclear' },
      start,
    );
    const { modelName, sourceId, occurredAt } = content;
    const scope = { modelName, sourceId, from: occurredAt, to: occurredAt, limit: 1 };
    expect(await queue.recentFingerprints(scope)).toHaveLength(1);
  });
}
