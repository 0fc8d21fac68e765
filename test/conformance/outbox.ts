import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CuratedSetStore } from '../../src/curate/curated-set-store.js';
import { annotatorId, batchId, deliveryId } from '../../src/ids.js';
import type { Subscribers } from '../../src/notice/notice.js';
import type { ClaimedMessage, Outbox } from '../../src/notice/outbox.js';
import { defaultRules } from '../../src/queue/rules.js';
import type { Verdict } from '../../src/queue/relabel-queue.js';
import type { QueueRules } from '../../src/queue/rules.js';
import { asOffers, candidate, request, start, term } from './candidate.js';
import { madeSet } from './curated-set-store.js';
import type { Queue } from './relabel-queue.js';

export interface StoreWithOutbox {
  readonly queue: Queue;
  readonly curatedSets: CuratedSetStore;
  readonly outbox: Outbox;
}

export type OutboxUnderTest<Store extends StoreWithOutbox = StoreWithOutbox> = Store & {
  /** Another connection to the same store, as another process has it. */
  readonly another: () => Promise<Store>;
  readonly remove: () => Promise<void>;
};

/** An empty store; with more than the outbox, for suites that ask for it. */
export type OpenOutbox<Store extends StoreWithOutbox = StoreWithOutbox> = (
  subscribers: Subscribers,
  rules: QueueRules,
) => Promise<OutboxUnderTest<Store>>;

const verdict = {
  kind: 'label',
  body: { kind: 'class', class: 'cat' },
  labelSet: 'animals@1',
} as const;
const skip = { kind: 'skip', reason: 'blurred' } as const;
const ofTwo: QueueRules = { ...defaultRules, overlapOf: () => 2, skipsToEnd: 1 };

/** The obligations of the Outbox port, and of the store that writes its messages. */
export function outboxConformance(name: string, open: OpenOutbox): void {
  describe(`outbox: ${name}`, () => {
    let opened: OutboxUnderTest | undefined;
    const use = async (subscribers: Subscribers, rules = defaultRules) =>
      (opened = await open(subscribers, rules));
    afterEach(async () => {
      await opened?.remove();
      opened = undefined;
    });

    describe('what is told', () => {
      it('a task that ends is told to each that wants to hear of it, once', async () => {
        const { queue, outbox } = await use((event) =>
          event === 'task.completed' ? ['left', 'right'] : [],
        );
        await queue.offer(asOffers([candidate(1), candidate(2)]), start);
        const tasks = await queue.lease(request('a', 2), start);
        expect(await allOf(outbox)).toEqual([]);
        for (const task of tasks) {
          const claim = { taskId: task.id, batchId: batchId('a'), fence: task.fence };
          await queue.complete(claim, verdict, start + 5);
          // The same request once more changes nothing, and tells nothing.
          await queue.complete(claim, verdict, start + 6);
        }
        const messages = await allOf(outbox);
        expect(messages.map(({ endpoint, subject }) => `${endpoint} ${subject}`).sort()).toEqual(
          tasks.flatMap(({ id }) => [`left ${id}`, `right ${id}`]).sort(),
        );
        expect(new Set(messages.map(({ id }) => id)).size).toBe(4);
        const [first] = messages.filter(({ subject }) => subject === candidate(1).id);
        expect(JSON.parse(first?.body ?? '')).toEqual({
          payloadVersion: 1,
          id: first?.id,
          event: 'task.completed',
          sequence: 3,
          occurredAt: new Date(start + 5).toISOString(),
          data: {
            taskId: candidate(1).id,
            state: 'labelled',
            round: 1,
            eventId: 'event-1',
            sourceId: 'gate-3',
            modelName: 'animals',
            modelVersion: '3.1.0',
          },
        });
      });

      it('disputes, skips and adjudications are told; opinions, leases and cancellations are not', async () => {
        const { queue, outbox } = await use(
          (event) => (event === 'task.completed' ? ['one'] : []),
          ofTwo,
        );
        await queue.offer(asOffers([candidate(1), candidate(2), candidate(3)]), start);
        const answer = async (who: string, n: number, said: Verdict) => {
          const id = candidate(n).id;
          const held = await queue.lease(request(who, 3), start);
          const fence = held.find((task) => task.id === id)?.fence ?? 0;
          await queue.complete({ taskId: id, batchId: batchId(who), fence }, said, start);
          await queue.release(batchId(who), 'all', start);
        };
        await answer('a', 1, verdict);
        expect(await allOf(outbox)).toEqual([]);
        await answer('b', 1, { ...verdict, body: { kind: 'class', class: 'dog' } });
        await answer('a', 2, skip);
        const order = { by: annotatorId('eve'), reason: 'why' };
        await queue.cancel(candidate(3).id, order, start);
        const ruling = { by: annotatorId('eve'), body: verdict.body, labelSet: 'animals@1' };
        await queue.adjudicate(candidate(1).id, ruling, start);
        await queue.adjudicate(candidate(1).id, ruling, start);
        await queue.requeue(candidate(1).id, order, start);
        const told = (await allOf(outbox)).map(({ body }) => {
          const { sequence, data } = JSON.parse(body) as {
            sequence: number;
            data: { taskId: string; state: string };
          };
          return { id: data.taskId, state: data.state, sequence };
        });
        const ofOne = told.filter(({ id }) => id === candidate(1).id);
        expect(ofOne.sort((x, y) => x.sequence - y.sequence).map(({ state }) => state)).toEqual([
          'disputed',
          'labelled',
        ]);
        expect(told.filter(({ id }) => id === candidate(2).id)).toMatchObject([
          { state: 'skipped' },
        ]);
        expect(told).toHaveLength(3);
      });

      it('a batch ends with the last answer, however many come at once', async () => {
        const { queue, outbox, another } = await use((event) =>
          event === 'batch.completed' ? ['one'] : [],
        );
        await queue.offer(asOffers(Array.from({ length: 12 }, (_, n) => candidate(n))), start);
        const tasks = await queue.lease(request('a', 10), start);
        const queues = await Promise.all([0, 1, 2].map(async () => (await another()).queue));
        await Promise.all(
          tasks.map(({ id, fence }, n) =>
            (queues[n % 3] ?? queue).complete(
              { taskId: id, batchId: batchId('a'), fence },
              n === 4 ? skip : verdict,
              start + 1,
            ),
          ),
        );
        const told = (await allOf(outbox)).map(({ body }) => JSON.parse(body) as object);
        expect(told).toMatchObject([
          { event: 'batch.completed', sequence: 10, data: { batchId: 'a', answered: 10 } },
        ]);
      });

      it('a batch that gave back or lost the rest ends with its last answer, too', async () => {
        const { queue, outbox } = await use((event) =>
          event === 'batch.completed' ? ['one'] : [],
        );
        await queue.offer(asOffers([candidate(1), candidate(2)]), start);
        const [first, second] = await queue.lease(request('a', 2), start);
        if (first === undefined || second === undefined) throw new Error('two were offered');
        await queue.release(batchId('a'), [second.id], start);
        expect(await allOf(outbox)).toEqual([]);
        const claim = { taskId: first.id, batchId: batchId('a'), fence: first.fence };
        await queue.complete(claim, verdict, start + 1);
        expect((await allOf(outbox)).map(({ subject }) => subject)).toEqual(['a']);
      });

      it('what comes too late tells nothing', async () => {
        const { queue, outbox } = await use(() => ['one']);
        await queue.offer(asOffers([candidate(1)]), start);
        const [task] = await queue.lease(request('a', 1), start);
        const claim = { taskId: candidate(1).id, batchId: batchId('a'), fence: task?.fence ?? 0 };
        expect((await queue.complete(claim, verdict, start + term)).kind).toBe('lost');
        expect(await allOf(outbox)).toEqual([]);
      });

      it('a curated set is told when it is published, and not again', async () => {
        const { curatedSets, outbox } = await use((event) =>
          event === 'curated-set.published' ? ['one'] : [],
        );
        const set = madeSet(3);
        expect(await curatedSets.publish(set)).toBe('published');
        expect(await curatedSets.publish(set)).toBe('known');
        expect((await allOf(outbox)).map(({ body }) => JSON.parse(body) as object)).toMatchObject([
          { data: { version: set.version, name: set.name, items: set.items.length } },
        ]);
      });
    });

    describe('delivery', () => {
      let store: OutboxUnderTest;
      /** Messages of `count` tasks, one each, due from `start` on. */
      const fill = async (count: number) => {
        const { queue } = store;
        await queue.offer(asOffers(Array.from({ length: count }, (_, n) => candidate(n))), start);
        for (const task of await queue.lease(request('a', count), start)) {
          const claim = { taskId: task.id, batchId: batchId('a'), fence: task.fence };
          await queue.complete(claim, verdict, start);
        }
      };
      const claimOne = async (now: number): Promise<ClaimedMessage> => {
        const [one] = await store.outbox.claim({ limit: 1, until: now + 100 }, now);
        if (one === undefined) throw new Error('nothing is due');
        return one;
      };
      beforeEach(async () => {
        store = await use((event) => (event === 'task.completed' ? ['one'] : []));
      });

      it('gives each message to one of many that ask at once', async () => {
        await fill(30);
        const others = await Promise.all([0, 1, 2].map(() => store.another()));
        const outboxes = [store, ...others].map(({ outbox }) => outbox);
        const claims = await Promise.all(
          [...outboxes, ...outboxes].map((outbox) =>
            outbox.claim({ limit: 5, until: start + 100 }, start),
          ),
        );
        expect(claims.map((claim) => claim.length <= 5)).not.toContain(false);
        const rest = await store.outbox.claim({ limit: 30, until: start + 100 }, start);
        const all = [...claims.flat(), ...rest].map(({ id }) => id);
        expect(new Set(all).size).toBe(30);
        expect(all).toHaveLength(30);
      });

      it('takes a delivered message away', async () => {
        await fill(1);
        const one = await claimOne(start);
        expect(await store.outbox.delivered(one)).toBe('done');
        expect(await store.outbox.delivered(one)).toBe('lost');
        expect(await store.outbox.claim({ limit: 9, until: start + 999 }, start + 500)).toEqual([]);
        expect(await store.outbox.standing()).toEqual([]);
      });

      it('gives a message to another once the lease has ended, and shuts the first out', async () => {
        await fill(1);
        const first = await claimOne(start);
        expect(await store.outbox.claim({ limit: 1, until: start + 200 }, start + 99)).toEqual([]);
        const second = await claimOne(start + 100);
        expect(second).toMatchObject({ id: first.id, body: first.body, failures: 0 });
        expect(second.fence).toBeGreaterThan(first.fence);
        expect(await store.outbox.delivered(first)).toBe('lost');
        expect(await store.outbox.failed(first, 'late', start)).toBe('lost');
        expect(await store.outbox.bury(first, 'late', start)).toBe('lost');
        expect(await store.outbox.delivered(second)).toBe('done');
      });

      it('brings a failed message back when it is due, with its failures', async () => {
        await fill(1);
        const first = await claimOne(start);
        expect(await store.outbox.failed(first, 'answered 500', start + 70)).toBe('done');
        expect(await store.outbox.claim({ limit: 1, until: start + 200 }, start + 69)).toEqual([]);
        const again = await claimOne(start + 70);
        expect(again).toMatchObject({ id: first.id, body: first.body, failures: 1 });
      });

      it('keeps buried messages, lists them, and revives them', async () => {
        await fill(3);
        const [a, b, c] = [await claimOne(start), await claimOne(start), await claimOne(start)];
        await store.outbox.bury(a, 'answered 410', start + 1);
        await store.outbox.bury(b, 'all tries failed', start + 2);
        expect(await store.outbox.standing()).toEqual([
          { endpoint: 'one', waiting: 1, dead: 2, oldestAt: start },
        ]);
        expect(await store.outbox.claim({ limit: 9, until: start + 99 }, start + 50)).toEqual([]);
        expect(await store.outbox.dead({})).toEqual([
          {
            id: b.id,
            endpoint: 'one',
            event: 'task.completed',
            subject: b.subject,
            at: start,
            failures: 1,
            why: 'all tries failed',
            buriedAt: start + 2,
          },
          expect.objectContaining({ id: a.id, why: 'answered 410' }) as object,
        ]);
        expect(await store.outbox.dead({ endpoint: 'two' })).toEqual([]);
        expect(await store.outbox.dead({ ids: [a.id] })).toHaveLength(1);
        expect(await store.outbox.revive({ ids: [a.id, c.id, deliveryId('x')] }, start + 9)).toBe(
          1,
        );
        expect(await store.outbox.bury(a, 'late', start + 9)).toBe('lost');
        const back = await claimOne(start + 9);
        expect(back).toMatchObject({ id: a.id, failures: 0 });
        expect(await store.outbox.revive({ endpoint: 'one' }, start + 9)).toBe(1);
        expect(await store.outbox.revive({}, start + 9)).toBe(0);
      });
    });
  });
}

let late = start + 10 * term;

/** Everything that waits, later each time, so that what was claimed before is due again. */
async function allOf(outbox: Outbox): Promise<readonly ClaimedMessage[]> {
  late += term;
  return outbox.claim({ limit: 100, until: late + term }, late);
}
