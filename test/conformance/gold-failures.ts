import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annotatorId, batchId } from '../../src/ids.js';
import type { AnnotatorId, TaskId } from '../../src/ids.js';
import { usualFloor } from '../../src/label/agreement/annotator-quality.js';
import type { Outbox } from '../../src/notice/outbox.js';
import { presentPause } from '../../src/queue/annotator-records.js';
import type { AnnotatorRecords } from '../../src/queue/annotator-records.js';
import type { AuditTrail } from '../../src/queue/audit-trail.js';
import { goldFailure } from '../../src/queue/gold-failure.js';
import { leaseFacts, newTrial } from '../../src/queue/gold.js';
import type { GoldTask, GoldTrial } from '../../src/queue/gold.js';
import type { GoldStore } from '../../src/queue/gold-store.js';
import type { ImageUses } from '../../src/queue/image-uses.js';
import { defaultRules } from '../../src/queue/rules.js';
import type { TaskEraser } from '../../src/queue/task-eraser.js';
import { complete, lease, newStanding } from '../../src/queue/transitions.js';
import { asOffers, candidate, start, term } from './candidate.js';
import type { OpenOutbox, OutboxUnderTest, StoreWithOutbox } from './outbox.js';

type Store = StoreWithOutbox & {
  readonly golds: GoldStore;
  readonly annotators: AnnotatorRecords;
  readonly eraser: TaskEraser & ImageUses;
  readonly audit: AuditTrail;
};

interface Told {
  readonly endpoint: string;
  readonly subject: string;
  readonly sequence: number;
  readonly data: { readonly taskId: string; readonly annotator: string; readonly paused: boolean };
}

const [ada, bo] = [annotatorId('ada'), annotatorId('bo')];
const cat = { kind: 'class', class: 'cat' } as const;

/** What GoldStore does of a wrong answer, and what TaskEraser and ImageUses do of gold tasks. */
export function goldFailureConformance(name: string, open: OpenOutbox<Store>): void {
  describe(`failed gold tasks: ${name}`, () => {
    let store: OutboxUnderTest<Store>;
    beforeEach(async () => {
      store = await open(
        (event) => (event === 'gold.failed' ? ['left', 'right'] : []),
        defaultRules,
      );
    });
    afterEach(() => store.remove());

    it('are told with the answer, once, under a key that is no name', async () => {
      const { golds, audit } = store;
      const held = await leased(golds, 1, ada);
      expect(await told()).toEqual([]);
      const failed = answered(held, 5);
      expect(await golds.save(failed, goldFailure(usualFloor, start + 5))).toBe(true);
      // Somebody who has read it before.
      expect(await golds.save(failed, goldFailure(usualFloor, start + 6))).toBe(false);
      expect(await golds.find(held.id)).toEqual({ ...failed, revision: 2 });
      expect(await golds.save(answered(await leased(golds, 2, ada), 7, true))).toBe(true);

      const messages = await told();
      expect(messages.map(({ endpoint }) => endpoint).sort()).toEqual(['left', 'right']);
      const key = messages[0]?.data.annotator ?? '';
      for (const { subject, sequence, data } of messages) {
        expect([subject, sequence]).toEqual([key, 1]);
        expect(data).toEqual({ taskId: taskOf(1), annotator: key, paused: false });
      }
      // As a word: keys and ids are hexadecimal, and hold its letters now and then.
      expect(JSON.stringify(messages)).not.toMatch(/\bada\b/u);
      expect([...(await audit.namesOf([key as never])).values()]).toEqual(['ada']);
    });

    it('pause in the same step, and the one that does says so', async () => {
      const { golds, annotators } = store;
      for (const n of [1, 2, 3, 4, 5]) await fail(store, n, ada);
      const messages = (await told()).filter(({ endpoint }) => endpoint === 'left');
      const bySequence = new Map(messages.map(({ sequence, data }) => [sequence, data.paused]));
      expect([...bySequence.keys()].sort()).toEqual([1, 2, 3, 4, 5]);
      const record = await annotators.find(ada);
      const at = presentPause(record)?.at ?? 0;
      expect(record?.pauses).toHaveLength(1);
      expect(presentPause(record)).toMatchObject({ reopened: undefined, lastGood: undefined });
      // Whoever is paused already is not paused anew.
      for (const [sequence, paused] of bySequence) expect(paused).toBe(start + sequence === at);
      expect(presentPause(await annotators.find(bo))).toBeUndefined();
      expect(await golds.trials({ annotator: ada })).toHaveLength(5);
    });

    it('that come at once are told each by itself, and pause once', async () => {
      const stores = [store, ...(await Promise.all([store.another(), store.another()]))];
      const places = Array.from({ length: 9 }, (_, n) => n);
      const saved = await Promise.all(
        places.map((n) => fail(stores[n % stores.length] ?? store, n, ada)),
      );
      expect(saved).toEqual(places.map(() => true));
      const messages = (await told()).filter(({ endpoint }) => endpoint === 'right');
      expect(messages.map(({ sequence }) => sequence).sort()).toEqual(places.map((n) => n + 1));
      expect(messages.filter(({ data }) => data.paused)).toHaveLength(1);
      expect((await store.annotators.find(ada))?.pauses).toHaveLength(1);
    });

    it('are told of persons whom others are just about to know, beside other writers', async () => {
      const stores = [store, ...(await Promise.all([store.another(), store.another()]))];
      const several = 40;
      let busy = true;
      const writers = stores.map(async ({ queue }, which) => {
        for (let n = 100 + which; busy; n += stores.length * several) {
          const some = Array.from({ length: several }, (_, i) => candidate(n + i * stores.length));
          await queue.offer(asOffers(some), start);
          // A store within this process may never wait for anything.
          await turn();
        }
      });
      const people = Array.from({ length: 24 }, (_, n) => annotatorId(`person-${n}`));
      try {
        for (const person of people) {
          await Promise.all(stores.map((one, n) => fail(one, n, person)));
        }
      } finally {
        busy = false;
        await Promise.all(writers);
      }
      const messages = (await told(1000)).filter(({ endpoint }) => endpoint === 'left');
      const sequences = messages.map(({ subject, sequence }) => `${subject} ${sequence}`);
      expect(new Set(sequences).size).toBe(people.length * stores.length);
      expect(new Set(messages.map(({ subject }) => subject)).size).toBe(people.length);
    });

    it('are counted on under a pseudonym', async () => {
      await fail(store, 1, ada);
      const nobody = annotatorId('person-1');
      await store.audit.pseudonymise(ada, nobody);
      await fail(store, 2, nobody);
      await fail(store, 3, ada);
      const messages = (await told()).filter(({ endpoint }) => endpoint === 'left');
      const of = (n: number) => messages.find(({ data }) => data.taskId === taskOf(n));
      expect([of(1)?.sequence, of(2)?.sequence, of(3)?.sequence]).toEqual([1, 2, 1]);
      expect(of(2)?.subject).toBe(of(1)?.subject);
      expect(of(3)?.subject).not.toBe(of(1)?.subject);
    });

    it('are erased with the task, and what was answered to it too', async () => {
      const { queue, golds, eraser } = store;
      await queue.offer(asOffers([candidate(1), candidate(2)]), start);
      for (const n of [1, 2]) await golds.add(gold(n));
      for (const n of [1, 2]) await fail(store, n, ada);
      await leased(golds, 1, bo);
      const order = { by: annotatorId('cora'), reason: 'request 17' };
      expect(await eraser.erase([taskOf(1)], order, start + 50)).toEqual([taskOf(1)]);
      expect((await golds.golds()).map(({ task }) => task)).toEqual([taskOf(2)]);
      expect((await golds.trials({})).map((one) => one.gold)).toEqual([taskOf(2)]);
      const about = (await told()).map(({ data }) => data.taskId);
      expect(about).toEqual([taskOf(2), taskOf(2)]);
    });

    it('need their pictures while they are in use', async () => {
      const { queue, golds, eraser } = store;
      await queue.offer(asOffers([candidate(1), candidate(2)]), start);
      await golds.add(gold(1));
      const hashes = [1, 2].map((n) => candidate(n).image.hash);
      const inUse = async () =>
        (await eraser.usesOf(hashes)).flatMap((use) => (use.gold ? [use.taskId] : []));
      expect(await inUse()).toEqual([taskOf(1)]);
      await golds.retire(taskOf(1), start + 1);
      expect(await inUse()).toEqual([]);
    });

    async function told(limit = 100): Promise<readonly Told[]> {
      return (await allOf(store.outbox, limit)).map(({ endpoint, subject, body }) => ({
        ...(JSON.parse(body) as Pick<Told, 'sequence' | 'data'>),
        endpoint,
        subject,
      }));
    }
  });
}

/** All that waits, and was not looked at before. */
async function allOf(outbox: Outbox, limit: number) {
  const now = start + 1_000_000;
  return outbox.claim({ limit, until: now + term }, now);
}

function taskOf(n: number): TaskId {
  return candidate(n).id;
}

function asTask(n: number) {
  return { ...candidate(n), ...newStanding(1), duplicates: [], offeredAt: start };
}

function gold(n: number): GoldTask {
  return {
    task: taskOf(n),
    body: cat,
    labelSet: 'animals@1',
    facts: leaseFacts(asTask(n)),
    seenBy: [],
    addedBy: bo,
    addedAt: start,
    retiredAt: undefined,
  };
}

async function leased(golds: GoldStore, n: number, annotator: AnnotatorId): Promise<GoldTrial> {
  const trial = newTrial(asTask(n), annotator, 'secret');
  const grant = { batchId: batchId(annotator), annotator, expiresAt: start + term };
  const outcome = lease(trial.standing, grant, start);
  if (outcome.kind !== 'leased') throw new Error('it is free');
  const held = { ...trial, standing: outcome.standing };
  if (!(await golds.save(held))) throw new Error('it is new');
  return { ...held, revision: 1 };
}

function answered(trial: GoldTrial, after: number, right = false): GoldTrial {
  const verdict = { kind: 'label', body: cat, labelSet: 'animals@1' } as const;
  const claim = { batchId: batchId(trial.annotator), fence: 1 };
  const terms = { rules: defaultRules, now: start + after };
  const outcome = complete(trial.standing, claim, verdict, terms);
  if (outcome.kind !== 'completed') throw new Error('it is held');
  return { ...trial, standing: outcome.standing, marks: { right, objects: [] } };
}

/** A wrong answer, `n` milliseconds after the start. */
async function fail({ golds }: Store, n: number, annotator: AnnotatorId): Promise<boolean> {
  const trial = answered(await leased(golds, n, annotator), n);
  return golds.save(trial, goldFailure(usualFloor, start + n));
}
