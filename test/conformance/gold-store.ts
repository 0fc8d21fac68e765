import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annotatorId, batchId, taskId } from '../../src/ids.js';
import type { AnnotatorRecords } from '../../src/queue/annotator-records.js';
import { presentPause } from '../../src/queue/annotator-records.js';
import type { AuditTrail } from '../../src/queue/audit-trail.js';
import type { GoldTask, GoldTrial } from '../../src/queue/gold.js';
import { leaseFacts, newTrial } from '../../src/queue/gold.js';
import type { GoldStore } from '../../src/queue/gold-store.js';
import type { WeightStore } from '../../src/queue/weight-store.js';
import type { Weights } from '../../src/queue/weights.js';
import { complete, lease } from '../../src/queue/transitions.js';
import type { TaskStanding } from '../../src/queue/transitions.js';
import { defaultRules } from '../../src/queue/rules.js';
import { labelledTask } from '../fixtures/labelled-task.js';
import { start, term } from './candidate.js';

export interface QualityStores {
  readonly golds: GoldStore;
  readonly annotators: AnnotatorRecords;
  readonly weights: WeightStore;
  readonly audit: AuditTrail;
}

export interface QualityUnderTest extends QualityStores {
  /** Another connection to the same store, as another process has it. */
  readonly another: () => Promise<QualityStores>;
  /** Closes all connections and removes the store. */
  readonly remove: () => Promise<void>;
}

const [ada, bo] = [annotatorId('ada'), annotatorId('bo')];
const batch = batchId('a');
const cat = { kind: 'class', class: 'cat' } as const;

/** Every obligation of the ports GoldStore, AnnotatorRecords and WeightStore, on any adapter. */
export function qualityStoreConformance(name: string, open: () => Promise<QualityUnderTest>): void {
  describe(`gold tasks and annotators: ${name}`, () => {
    let opened: QualityUnderTest;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.remove());

    it('draws one secret, whoever asks first', async () => {
      const { golds, another } = opened;
      const others = await Promise.all([another(), another()]);
      const made = [golds, ...others.map((one) => one.golds)].map((one, n) => one.secret(`s${n}`));
      const [first, ...rest] = await Promise.all(made);
      expect(first).toMatch(/^s[012]$/u);
      expect(new Set(rest)).toEqual(new Set([first]));
      expect(await golds.secret('another')).toBe(first);
    });

    it('keeps gold tasks, takes them out of use and in again', async () => {
      const { golds, another } = opened;
      const [one, other] = [gold(1), gold(2, { project: 'north' })];
      expect(await golds.add(one)).toBe('added');
      expect(await golds.add(one)).toBe('in-use');
      expect(await golds.add(other)).toBe('added');
      const both = [one, other].sort((a, b) => (a.task < b.task ? -1 : 1));
      expect(await (await another()).golds.golds()).toEqual(both);

      expect(await golds.retire(one.task, start + 5)).toBe('retired');
      expect(await golds.retire(one.task, start + 6)).toBe('unchanged');
      expect(await golds.retire(taskId('f'.repeat(64)), start)).toBe('unknown');
      const retired = (await golds.golds()).find(({ task }) => task === one.task);
      expect(retired).toEqual({ ...one, retiredAt: start + 5 });
      const dog = { ...one, body: { kind: 'class', class: 'dog' } as const, seenBy: [ada] };
      expect(await golds.add(dog)).toBe('added');
      expect((await golds.golds()).find(({ task }) => task === one.task)).toEqual(dog);
    });

    it('keeps trials through their states, exactly', async () => {
      const { golds, another } = opened;
      const leased = { ...trial(1, ada), standing: held(trial(1, ada).standing) };
      expect(await golds.find(leased.id)).toBeUndefined();
      expect(await golds.save(leased)).toBe(true);
      expect(await golds.find(leased.id)).toEqual({ ...leased, revision: 1 });
      const edit = { kind: 'boxes', accepted: false, kept: 0, moved: 0, renamed: [] } as const;
      const prediction = { shown: true, edit: { ...edit, meanShift: NaN, added: 1, removed: 2 } };
      const verdict = { kind: 'label', body: cat, labelSet: 'a@1', prediction } as const;
      const terms = { rules: defaultRules, now: start + 1 };
      const outcome = complete(leased.standing, { batchId: batch, fence: 1 }, verdict, terms);
      if (outcome.kind !== 'completed') throw new Error('it is held');
      const marks = { right: true, objects: [{ class: 'cat', right: true }] };
      const answered = { ...leased, standing: outcome.standing, marks, revision: 1 };
      const second = await another();
      expect(await second.golds.save(answered)).toBe(true);
      expect(await golds.find(leased.id)).toEqual({ ...answered, revision: 2 });
    });

    it('finds trials by annotator and by batch', async () => {
      const { golds } = opened;
      const trials = [trial(1, ada), trial(2, ada), trial(1, bo)];
      for (const one of trials) {
        await golds.save(
          one.annotator === ada && one.gold === gold(1).task
            ? { ...one, standing: held(one.standing) }
            : one,
        );
      }
      const ids = (found: readonly GoldTrial[]) => found.map(({ id }) => id);
      const sorted = (...at: readonly number[]) => at.map((n) => trials[n]?.id).toSorted();
      expect(ids(await golds.trials({ annotator: ada }))).toEqual(sorted(0, 1));
      expect(ids(await golds.trials({ batchId: batch }))).toEqual(sorted(0));
      expect(ids(await golds.trials({ annotator: bo, batchId: batch }))).toEqual([]);
      expect(ids(await golds.trials({}))).toEqual(sorted(0, 1, 2));
    });

    it('counts one of many changes of a trial at once', async () => {
      const { golds, another } = opened;
      const second = await another();
      const one = trial(1, ada);
      const firsts = await Promise.all([golds.save(one), second.golds.save(one), golds.save(one)]);
      expect(firsts.filter((won) => won)).toHaveLength(1);
      const next = { ...one, revision: 1, standing: held(one.standing) };
      const seconds = await Promise.all([golds.save(next), second.golds.save(next)]);
      expect(seconds.filter((won) => won)).toHaveLength(1);
      expect((await golds.find(one.id))?.revision).toBe(2);
    });

    it('counts turns without overlap', async () => {
      const { annotators, another } = opened;
      const second = await another();
      const counts = await Promise.all(
        [annotators, second.annotators, annotators, second.annotators].map((one) =>
          one.countTurns(ada, 5),
        ),
      );
      expect(counts.toSorted((a, b) => a - b)).toEqual([0, 5, 10, 15]);
      expect(await annotators.countTurns(ada, -3)).toBe(20);
      expect(await annotators.countTurns(ada, 1)).toBe(17);
      expect(await annotators.countTurns(bo, 1)).toBe(0);
      expect(await annotators.find(ada)).toEqual({ annotator: ada, turns: 18, pauses: [] });
    });

    it('pauses once, notes what was opened again, and lets go on', async () => {
      const { annotators, another } = opened;
      expect(await annotators.find(ada)).toBeUndefined();
      expect(await annotators.list()).toEqual([]);
      const second = await another();
      const pauses = [start, start + 1].map((at) => ({ at, reason: 'careless', lastGood: at - 9 }));
      const [one, other] = await Promise.all(
        pauses.map((pause, n) => (n === 0 ? annotators : second.annotators).pause(ada, pause)),
      );
      expect(one).toEqual(other);
      const pause = presentPause(one);
      if (pause === undefined) throw new Error('ada is paused');
      expect(pause).toMatchObject({ reason: 'careless', lastGood: pause.at - 9 });
      expect([pause.reopened, pause.resumed]).toEqual([undefined, undefined]);

      const tasks = [taskId('a'), taskId('b')];
      await annotators.noteReopened(ada, pause.at, tasks);
      await annotators.noteReopened(ada, pause.at, []);
      const resumed = { at: start + 9, by: bo, reason: 'we talked' };
      expect(await annotators.resume(bo, resumed)).toBe('not-paused');
      expect(await annotators.resume(ada, resumed)).toBe('resumed');
      expect(await annotators.resume(ada, resumed)).toBe('not-paused');
      const done = { ...pause, reopened: tasks, resumed };
      expect(await second.annotators.find(ada)).toMatchObject({ annotator: ada, pauses: [done] });

      const again = await annotators.pause(ada, {
        at: start + 20,
        reason: 'b',
        lastGood: undefined,
      });
      expect(again.pauses).toHaveLength(2);
      expect(presentPause(again)).toMatchObject({ at: start + 20, lastGood: undefined });
      expect((await annotators.list()).map(({ annotator }) => annotator)).toEqual([ada]);
    });

    it('keeps the last weights of each label set, to the last digit', async () => {
      const { weights, another } = opened;
      expect(await weights.latest()).toEqual([]);
      await weights.publish(learnt('b@1', 0.9));
      await weights.publish(learnt('a@1', 1 / 3));
      await (await another()).weights.publish(learnt('b@1', 0.1 + 0.2));
      expect(await weights.latest()).toEqual([learnt('a@1', 1 / 3), learnt('b@1', 0.1 + 0.2)]);
    });

    it('gives people their pseudonyms here too', async () => {
      const { golds, annotators, weights, audit } = opened;
      await weights.publish(learnt('a@1', 0.8));
      const mine = trial(1, ada);
      await golds.add({ ...gold(1), addedBy: ada, seenBy: [ada, bo] });
      await golds.save({ ...mine, standing: held(mine.standing) });
      await annotators.pause(ada, { at: start, reason: 'careless', lastGood: undefined });
      await annotators.resume(ada, { at: start + 1, by: ada, reason: 'it was nothing' });
      const nobody = annotatorId('person-1');
      expect(await audit.pseudonymise(ada, nobody)).toMatchObject({ kind: 'pseudonymised' });
      expect(await golds.trials({ annotator: ada })).toEqual([]);
      const kept = [
        await golds.trials({ annotator: nobody }),
        await golds.golds(),
        await annotators.list(),
        (await weights.latest()).map(({ skills, ...rest }) => [rest, ...skills.confusions.keys()]),
      ];
      expect(kept).toMatchObject([
        [{ id: mine.id, standing: { lease: { annotator: nobody } } }],
        [{ addedBy: nobody, seenBy: [nobody, bo] }],
        [{ annotator: nobody, pauses: [{ resumed: { by: nobody } }] }],
        [[{ madeBy: nobody }, nobody, bo]],
      ]);
      expect(JSON.stringify(kept)).not.toContain('"ada"');
    });
  });
}

function learnt(labelSet: string, right: number): Weights {
  const rows = [
    [right, 1 - right],
    [1 - right, right],
  ];
  return {
    labelSet,
    id: 'f'.repeat(64),
    tasks: 50,
    skills: {
      classes: ['cat', 'dog'],
      classShares: [0.5, 0.5],
      confusions: new Map([
        [ada, rows],
        [bo, rows],
      ]),
      prior: { answers: 2, accuracy: 0.8 },
    },
    madeBy: ada,
    madeAt: start,
  };
}

function task(n: number, tags: Readonly<Record<string, string>> = {}) {
  return { ...labelledTask({ event: `event-${n}`, occurredAt: start + n }), tags };
}

function gold(n: number, tags: Readonly<Record<string, string>> = {}): GoldTask {
  return {
    task: task(n).id,
    body: cat,
    labelSet: 'animals@1',
    facts: leaseFacts(task(n, tags)),
    seenBy: [],
    addedBy: bo,
    addedAt: start,
    retiredAt: undefined,
  };
}

function trial(n: number, annotator: typeof ada): GoldTrial {
  return newTrial(task(n), annotator, 'secret');
}

function held(standing: TaskStanding): TaskStanding {
  const grant = { batchId: batch, annotator: ada, expiresAt: start + term };
  const outcome = lease(standing, grant, start);
  if (outcome.kind !== 'leased') throw new Error('it is free');
  return outcome.standing;
}
