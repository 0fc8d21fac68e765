import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annotatorId, batchId, eventId, imageHash } from '../../src/ids.js';
import type { AuditTrail } from '../../src/queue/audit-trail.js';
import { verifyChain, verifyClosedChain } from '../../src/queue/audit.js';
import type { ImageUses } from '../../src/queue/image-uses.js';
import { defaultRules } from '../../src/queue/rules.js';
import type { TaskEraser } from '../../src/queue/task-eraser.js';
import { asOffers, candidate, request, start } from './candidate.js';
import type { OpenOutbox, OutboxUnderTest, StoreWithOutbox } from './outbox.js';

type Store = StoreWithOutbox & {
  readonly eraser: TaskEraser & ImageUses;
  readonly audit: AuditTrail;
};

/** The obligations of the ports TaskEraser and ImageUses, on any adapter. */
export function erasureConformance(name: string, open: OpenOutbox<Store>): void {
  describe(`erasure: ${name}`, () => {
    let store: OutboxUnderTest<Store>;
    beforeEach(async () => {
      store = await open(() => ['hook'], defaultRules);
    });
    afterEach(() => store.remove());

    const order = { by: annotatorId('cora'), reason: 'request 17 of Ada' };
    const [one, two, three] = [candidate(1), candidate(2), candidate(3)];

    /** Task 1 is labelled and has a near-duplicate, 2 is leased, 3 is pending. */
    async function fill(): Promise<void> {
      const { queue } = store;
      await queue.offer(asOffers([one, two, three]), start);
      await queue.offer([{ kind: 'duplicate', of: one.id, eventId: eventId('copy') }], start);
      const held = await queue.lease(request('a', 3), start + 1);
      const fence = held.find(({ id }) => id === one.id)?.fence ?? 0;
      const body = { kind: 'class', class: 'cat' } as const;
      const claim = { taskId: one.id, batchId: batchId('a'), fence };
      await queue.complete(claim, { kind: 'label', body, labelSet: 'a@1' }, start + 2);
      await queue.release(batchId('a'), [three.id], start + 3);
    }

    it('takes tasks away, and closes their trails', async () => {
      await fill();
      const { queue, audit, eraser, outbox } = store;
      const before = (await audit.audited(one.id))?.entries ?? [];
      const erased = await eraser.erase([one.id, two.id, candidate(9).id], order, start + 5);
      expect([...erased].sort()).toEqual([one.id, two.id].sort());
      expect(await eraser.erase([one.id], order, start + 6)).toEqual([]);
      expect(await queue.find(one.id)).toBeUndefined();
      expect(await audit.audited(one.id)).toBeUndefined();
      expect((await queue.list({}, { limit: 9 }, start + 6)).map(({ id }) => id)).toEqual([
        three.id,
      ]);
      const claim = { taskId: two.id, batchId: batchId('a'), fence: 1 };
      expect((await queue.complete(claim, { kind: 'skip', reason: 'x' }, start + 6)).kind).toBe(
        'unknown-task',
      );
      const about = (await outbox.claim({ limit: 9, until: start + 99 }, start + 9)).map(
        ({ subject }) => subject,
      );
      expect(about).not.toContain(one.id);

      const closed = await eraser.closedTrails({ limit: 9 });
      expect(closed.map(({ taskId }) => taskId)).toEqual([one.id, two.id].sort());
      for (const trail of closed) expect(verifyClosedChain(trail)).toEqual({ kind: 'whole' });
      const ofOne = closed.find(({ taskId }) => taskId === one.id);
      expect(ofOne?.entries.slice(0, -1)).toEqual(before);
      expect(ofOne?.entries.at(-1)).toMatchObject({
        action: 'erase',
        from: 'labelled',
        to: 'erased',
        at: start + 5,
      });
      const text = JSON.stringify(closed);
      for (const word of ['Ada', 'cora', 'gate-3', 'event-1', 'cat']) {
        expect(text).not.toContain(word);
      }
      const actor = ofOne?.entries.at(-1)?.actor;
      expect([...(await audit.namesOf(actor === undefined ? [] : [actor])).values()]).toEqual([
        'cora',
      ]);
    });

    it('shows a closed trail that was changed, cut short or never closed', async () => {
      await fill();
      await store.eraser.erase([one.id], order, start + 5);
      const [trail] = await store.eraser.closedTrails({ limit: 1 });
      if (trail === undefined) throw new Error('one was closed');
      const { entries, head } = trail;
      const broken = { kind: 'broken' };
      expect(verifyClosedChain({ ...trail, entries: entries.slice(0, -1) })).toMatchObject(broken);
      expect(verifyClosedChain({ ...trail, entries: entries.slice(1) })).toMatchObject(broken);
      const other = entries.map((entry) => ({ ...entry, at: entry.at + 1 }));
      expect(verifyClosedChain({ ...trail, entries: other })).toMatchObject(broken);
      const unclosed = entries.slice(0, -1);
      const last = unclosed.at(-1);
      const cut = { seq: last?.seq ?? 0, hash: last?.hash ?? '' };
      expect(head).not.toEqual(cut);
      expect(verifyClosedChain({ ...trail, entries: unclosed, head: cut })).toMatchObject({
        ...broken,
        why: expect.stringContaining('erased') as string,
      });
    });

    it('makes no task again of an event whose task was erased', async () => {
      await fill();
      const { queue, eraser } = store;
      await eraser.erase([one.id], order, start + 5);
      const other = await store.another();
      expect(await other.queue.offer(asOffers([one, candidate(4)]), start + 6)).toEqual([
        'known',
        'queued',
      ]);
      expect(await queue.find(one.id)).toBeUndefined();
      const { modelName, sourceId } = one;
      const identity = { taskId: one.id, modelName, sourceId, eventId: one.eventId };
      expect(await queue.recall(identity)).toEqual({ kind: 'erased' });
      const copy = { ...identity, taskId: candidate(9).id, eventId: eventId('copy') };
      expect(await queue.recall(copy)).toEqual({ kind: 'nothing' });
      // A worker that had found it as the original before it was erased.
      const late = { kind: 'duplicate', of: one.id, eventId: eventId('late') } as const;
      expect(await queue.offer([late], start + 6)).toEqual(['duplicate']);
      expect(verifyClosedChain((await eraser.closedTrails({ limit: 1 }))[0] ?? never())).toEqual({
        kind: 'whole',
      });
    });

    it('makes none again either where an offer and the erasure meet', async () => {
      const contents = Array.from({ length: 12 }, (_, n) => candidate(n));
      await store.queue.offer(asOffers(contents), start);
      const ids = contents.map(({ id }) => id);
      const others = await Promise.all([0, 1].map(() => store.another()));
      const [erased, ...outcomes] = await Promise.all([
        store.eraser.erase(ids, order, start + 1),
        // As workers that asked whether it was erased before it was.
        ...contents.flatMap((content) =>
          others.map(({ queue }) => queue.offer(asOffers([content]), start + 1)),
        ),
      ]);
      expect(erased).toHaveLength(12);
      expect(new Set(outcomes.flat())).not.toContain('duplicate');
      expect(await store.queue.list({}, { limit: 99 }, start + 2)).toEqual([]);
      expect(await store.queue.offer(asOffers(contents), start + 3)).toEqual(
        contents.map(() => 'known'),
      );
      expect(await store.eraser.erase(ids, order, start + 4)).toEqual([]);
      const closed = await store.eraser.closedTrails({ limit: 99 });
      expect(closed.map(verifyClosedChain)).toEqual(contents.map(() => ({ kind: 'whole' })));
    });

    it('walks the closed trails page by page, and leaves the others whole', async () => {
      const contents = Array.from({ length: 7 }, (_, n) => candidate(n));
      await store.queue.offer(asOffers(contents), start);
      const gone = contents.slice(0, 5).map(({ id }) => id);
      await store.eraser.erase(gone, order, start + 1);
      const seen = [];
      for (let page = await store.eraser.closedTrails({ limit: 2 }); page.length > 0;) {
        seen.push(...page.map(({ taskId }) => taskId));
        const after = seen.at(-1) ?? never();
        page = await store.eraser.closedTrails({ limit: 2, after });
      }
      expect(seen).toEqual(gone.toSorted());
      const left = await store.audit.auditedTasks({ limit: 9 });
      expect(left.map(verifyChain)).toEqual([{ kind: 'whole' }, { kind: 'whole' }]);
    });

    it('says which tasks need an image, where they stand, and since when', async () => {
      await fill();
      const shared = { ...candidate(5), image: one.image };
      await store.queue.offer(asOffers([shared]), start + 4);
      const uses = await store.eraser.usesOf([
        one.image.hash,
        three.image.hash,
        imageHash('0'.repeat(64)),
      ]);
      const byTask = new Map(uses.map((use) => [use.taskId, use]));
      expect(byTask).toEqual(
        new Map([
          [one.id, use(one, 'labelled', start + 2)],
          [three.id, use(three, 'pending', start + 3)],
          [shared.id, use(shared, 'pending', start + 4)],
        ]),
      );
      expect(await store.eraser.usesOf([])).toEqual([]);
    });
  });
}

function use({ id, image }: ReturnType<typeof candidate>, state: string, changedAt: number) {
  return { hash: image.hash, taskId: id, state, changedAt, gold: false };
}

function never(): never {
  throw new Error('there is one');
}
