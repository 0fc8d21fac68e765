import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { annotatorId } from '../../src/ids.js';
import type { AnnotatorId } from '../../src/ids.js';
import { seeded } from '../../src/image/seeded.js';
import { verifyChain } from '../../src/queue/audit.js';
import { qualityActor } from '../../src/queue/annotator-guard.js';
import type { Task } from '../../src/queue/task.js';
import { expert, nowhere, truth, workshop, wrong } from './gold-workshop.js';
import type { WorkshopStore } from './gold-workshop.js';

export interface OpenedWorkshop extends WorkshopStore {
  readonly remove: () => Promise<void>;
}

const [cara, gus, gwen] = ['cara', 'gus', 'gwen'].map(annotatorId) as [
  AnnotatorId,
  AnnotatorId,
  AnnotatorId,
];

/** Gold tasks at the desk, with simulated annotators; on any store. */
export function goldObligations(name: string, open: () => Promise<OpenedWorkshop>): void {
  describe(`gold tasks on ${name}`, { timeout: 240_000 }, () => {
    let store: OpenedWorkshop;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.remove());

    it('pauses the careless one within 60 gold tasks, and nobody else', async () => {
      const shop = workshop(store);
      const golds = await shop.makeGold(70);
      const before = await Promise.all(golds.map((id) => store.queue.find(id)));
      await shop.offer(0, 400);
      const random = seeded(7);
      const skill = new Map([
        [cara, 0.6],
        [gus, 0.98],
        [gwen, 0.98],
      ]);
      const given = new Map<AnnotatorId, Task[]>();
      let pausedAt: number | undefined;
      while ((await store.queue.stats(shop.clock.now)).byState.pending > 100) {
        for (const [who, accuracy] of skill) {
          const outcome = await shop.desk.lease({ annotator: who, limit: 5, filter: {} });
          if (outcome.kind === 'refused') {
            expect([who, outcome.fault.code]).toEqual([cara, 'annotator.paused']);
            pausedAt ??= shop.clock.now;
            continue;
          }
          for (const task of outcome.tasks) {
            shop.clock.now += 1000;
            given.set(who, [...(given.get(who) ?? []), task]);
            const body = random() < accuracy ? truth(task) : wrong(task);
            const answered = await shop.answer(who, task, outcome, body);
            // The rest of the batch is lost to who was paused in the midst of it.
            if (answered.kind === 'refused') expect(answered.fault.code).toBe('lease.lost');
          }
        }
      }
      expect(pausedAt).toBeDefined();

      const standings = new Map(
        (await shop.labelling.guard.annotators()).map((one) => [one.annotator, one]),
      );
      expect(standings.get(cara)?.judgement.kind).toBe('pause');
      expect(standings.get(cara)?.judgement.tasks.of).toBeLessThanOrEqual(60);
      for (const good of [gus, gwen]) {
        expect(standings.get(good)?.pause).toBeUndefined();
        const { tasks, classes = [] } = standings.get(good)?.quality ?? {};
        expect(tasks?.interval.high).toBeGreaterThan(0.95);
        expect(classes.map((one) => one.class)).toEqual(['cat', 'dog', 'fox', 'wolf']);
      }

      // What cara did since the last good gold task goes round again; the rest stays.
      const pause = standings.get(cara)?.pause;
      const since = pause?.lastGood ?? 0;
      expect(pause?.reopened?.length).toBeGreaterThan(0);
      const hers = await store.queue.list({ opinionBy: cara }, { limit: 1000 }, shop.clock.now);
      for (const task of hers) {
        const own = task.opinions.find((one) => one.annotator === cara);
        expect(task.round > 1, task.id).toBe((own?.givenAt ?? 0) > since);
        const audited = await store.audit.audited(task.id);
        if (audited === undefined) throw new Error('it has a trail');
        expect(verifyChain(audited)).toEqual({ kind: 'whole' });
        if (task.round === 1) continue;
        const actors = audited.entries
          .filter(({ action }) => action === 'requeue')
          .map(({ actor }) => actor);
        expect([...(await store.audit.namesOf(actors)).values()]).toEqual([qualityActor]);
      }
      expect((await store.queue.holdings(shop.clock.now)).map((one) => one.annotator)).toEqual([]);

      // Each wrong answer to a gold task is told, and the one that paused says so.
      const trials = await store.golds.trials({});
      const wrongOnes = trials.filter(({ marks }) => marks?.right === false);
      const late = shop.clock.now;
      const told = (await store.outbox.claim({ limit: 1000, until: late + 1 }, late)).map(
        ({ body }) =>
          JSON.parse(body) as { occurredAt: string; data: { taskId: string; paused: boolean } },
      );
      expect(told.map(({ data }) => data.taskId).sort()).toEqual(
        wrongOnes.map((trial) => trial.gold).sort(),
      );
      const pausing = told.filter(({ data }) => data.paused).map(({ occurredAt }) => occurredAt);
      expect(pausing).toEqual([new Date(pause?.at ?? 0).toISOString()]);

      // Nothing that was said of gold tasks is in the queue.
      expect(await Promise.all(golds.map((id) => store.queue.find(id)))).toEqual(before);
      const shares = [...given].map(([who, tasks]) => [who, tasks.length] as const);
      for (const [who, tasks] of given) {
        const trials = await Promise.all(tasks.map(({ id }) => shop.trialOf(id)));
        const gold = trials.filter((trial) => trial !== undefined);
        const ofFirst = trials.slice(0, 30).filter((trial) => trial !== undefined);
        if (who !== cara) expect(ofFirst, 'half of the first 30').toHaveLength(15);
        expect(new Set(gold.map((trial) => trial.gold)).size, 'none twice').toBe(gold.length);
        expect(gold.every((trial) => trial.annotator === who)).toBe(true);
        const hashes = tasks.map(({ image }) => image.hash);
        if (who !== cara) expect(new Set(hashes).size, 'no picture twice').toBe(hashes.length);
      }
      const found = standings.get(cara)?.judgement.tasks.of ?? 0;
      console.log(`${name}: the careless one was paused after ${found} gold tasks`, shares);

      const order = { annotator: cara, by: expert, reason: 'we talked' };
      expect(await shop.labelling.guard.resume(order, shop.clock.now)).toEqual({ kind: 'resumed' });
      expect(await shop.labelling.guard.resume(order, shop.clock.now)).toMatchObject({
        fault: { code: 'annotator.not-paused' },
      });
      expect((await shop.lease(cara)).tasks).toHaveLength(5);
    });

    it('goes on with a pause that was broken off', async () => {
      const shop = workshop(store);
      await shop.makeGold(30);
      await shop.offer(0, 60);
      shop.trouble.left = 2;
      let broken = 0;
      for (let lap = 0; lap < 10 && broken === 0; lap += 1) {
        const batch = await shop.lease(cara);
        for (const task of batch.tasks) {
          shop.clock.now += 1000;
          const body = lap === 0 ? truth(task) : wrong(task);
          await shop.answer(cara, task, batch, body).catch(() => (broken += 1));
        }
      }
      const asked = { annotator: cara, limit: 5, filter: {} };
      if (shop.trouble.left > 0) await expect(shop.desk.lease(asked)).rejects.toThrow('away');
      expect(broken).toBeGreaterThan(0);
      const [before] = await shop.labelling.guard.annotators();
      expect(before?.pause).toMatchObject({ reopened: undefined });

      expect(await shop.desk.lease(asked)).toMatchObject({ fault: { code: 'annotator.paused' } });
      expect(await shop.desk.lease(asked)).toMatchObject({ fault: { code: 'annotator.paused' } });
      const [after] = await shop.labelling.guard.annotators();
      expect(after?.pause?.reopened).toBeDefined();
      const hers = await store.queue.list({ opinionBy: cara }, { limit: 100 }, shop.clock.now);
      const since = after?.pause?.lastGood ?? 0;
      for (const { round, opinions } of hers)
        expect(round > 1).toBe((opinions[0]?.givenAt ?? 0) > since);
      expect(await store.queue.holdings(shop.clock.now)).toEqual([]);
    });

    it('tells nobody a gold task from a task', async () => {
      const shop = workshop(store);
      const golds = await shop.makeGold(20);
      await shop.offer(0, 60);
      const { now } = shop.clock;
      const reader = shop.labelling.readerFor(gus);
      const total = async () => {
        const { byState, byModel } = await reader.stats(now);
        return [Object.values(byState).reduce((sum, n) => sum + n, 0), byModel['animals']];
      };
      const [before, stats] = [await total(), await reader.stats(now)];
      for (const id of golds) expect(await reader.find(id)).toBeUndefined();
      const batch = await shop.lease(gus, 20);
      const kinds = await Promise.all(batch.tasks.map(({ id }) => shop.trialOf(id)));
      const trials = batch.tasks.filter((_, n) => kinds[n] !== undefined);
      const tasks = batch.tasks.filter((_, n) => kinds[n] === undefined);
      expect([trials.length, tasks.length]).toEqual([10, 10]);

      // The same shape, field by field, and nothing that both have differs by kind.
      const [trial, task] = [trials[0], tasks[0]];
      if (trial === undefined || task === undefined) throw new Error('there are both');
      expect(Object.keys(trial).sort()).toEqual(Object.keys(task).sort());
      for (const one of batch.tasks) {
        expect(one.id).toMatch(/^[0-9a-f]{64}$/u);
        expect(one).toMatchObject({ state: 'leased', fence: 1, round: 1, overlap: 1 });
        expect(one).toMatchObject({ opinions: [], skips: [], formerLabels: [], label: undefined });
        expect(one.lease).toEqual(task.lease);
        expect(await reader.find(one.id)).toEqual(one);
      }
      const seen = await reader.list({}, { limit: 1000 }, now);
      expect(new Set(seen.map(({ image }) => image.hash)).size).toBe(seen.length);
      expect(seen.map(({ id }) => id)).toEqual(seen.map(({ id }) => id).toSorted());
      for (const one of batch.tasks) expect(seen).toContainEqual(one);
      const pages: Task[] = [];
      for (let page = await reader.list({}, { limit: 7 }, now); ;) {
        pages.push(...page);
        const after = page.at(-1)?.id;
        if (after === undefined || page.length < 7) break;
        page = await reader.list({}, { limit: 7, after }, now);
      }
      expect(pages).toEqual(seen);
      const filter = { state: 'leased', batchId: batch.batchId } as const;
      expect(await reader.list(filter, { limit: 100 }, now)).toHaveLength(20);
      expect(await reader.list({ ...filter, topClass: 'x' }, { limit: 9 }, now)).toEqual([]);
      expect(await total()).toEqual(before);
      const { byState } = await reader.stats(now);
      expect(byState.leased - stats.byState.leased).toBe(20);
      expect(stats.byState.pending - byState.pending).toBe(20);
      expect(await shop.labelling.reader.holdings(now)).toMatchObject([{ tasks: 20 }]);

      // Whatever is done to them is answered alike.
      for (const [n, one] of [trial, task].entries()) {
        const claim = { taskId: one.id, batchId: batch.batchId, fence: one.fence };
        const say = (annotator: AnnotatorId, body: unknown) =>
          shop.desk.submit({ claim, annotator, body });
        expect(await say(gwen, truth(one))).toMatchObject({ fault: { code: 'lease.lost' } });
        expect(await say(gus, { kind: 'class', class: 'cow' })).toMatchObject({
          fault: { code: 'label.invalid' },
        });
        const late = { ...claim, fence: 2 };
        const lost = await shop.desk.submit({ claim: late, annotator: gus, body: truth(one) });
        expect(lost).toMatchObject({ fault: { code: 'lease.lost' } });
        const done = await say(gus, truth(one));
        expect(done).toMatchObject({
          kind: 'completed',
          task: { id: one.id, state: 'labelled', label: { annotator: gus, body: truth(one) } },
        });
        expect(await say(gus, truth(one))).toMatchObject({ kind: 'already-completed' });
        expect(await say(gus, wrong(one))).toMatchObject({ fault: { code: 'lease.lost' } });
        expect(await reader.find(one.id)).toEqual('task' in done && done.task);
        const other = (n === 0 ? trials : tasks)[1];
        const skip = { taskId: other?.id ?? nowhere, batchId: batch.batchId, fence: 1 };
        const skipped = await shop.desk.skip({ claim: skip, annotator: gus, reason: 'only fog' });
        expect(skipped).toMatchObject({ kind: 'completed', task: { state: 'pending' } });
      }
      shop.clock.now += 500_000;
      expect(await shop.desk.renew(batch.batchId, gus)).toMatchObject({ renewed: 16 });
      shop.clock.now += 500_000;
      const some = [trials[2]?.id ?? nowhere, tasks[2]?.id ?? nowhere];
      expect(await shop.desk.release(batch.batchId, gus, some)).toEqual({
        kind: 'released',
        released: 2,
      });
      expect(await reader.find(some[0] ?? nowhere)).toMatchObject({ state: 'pending', fence: 1 });
      shop.clock.now += 601_000;
      // All expired: they come back, at a higher fence; what was skipped does not.
      const left = await reader.list({ state: 'leased' }, { limit: 9 }, shop.clock.now);
      expect(left).toEqual([]);
      const again = await shop.lease(gus, 10);
      const back = again.tasks.filter((one) => trials.some(({ id }) => id === one.id));
      expect(back.length).toBeGreaterThan(0);
      expect(back.every(({ fence }) => fence === 2)).toBe(true);
      expect(back.map(({ id }) => id)).not.toContain(trials[1]?.id);
      const late = { taskId: trials[3]?.id ?? nowhere, batchId: batch.batchId, fence: 1 };
      expect(
        await shop.desk.submit({ claim: late, annotator: gus, body: truth(trial) }),
      ).toMatchObject({ fault: { code: 'lease.lost' } });
    });

    it('gives no gold task to who has had it in their hands, nor on an empty queue', async () => {
      const shop = workshop(store);
      await shop.makeGold(5);
      expect(await shop.goldDesk.add({ task: nowhere, by: expert })).toMatchObject({
        fault: { code: 'task.not-found' },
      });
      const nothing = await shop.lease(gus, 10);
      expect(nothing.tasks).toEqual([]);
      expect((await shop.lease(gus, 1)).tasks).toEqual([]);
      const [open] = await shop.offer(0, 40);
      expect(await shop.goldDesk.add({ task: open ?? nowhere, by: expert })).toMatchObject({
        fault: { code: 'task.wrong-state' },
      });
      const mine = await shop.lease(expert, 20);
      for (const { id } of mine.tasks) expect(await shop.trialOf(id)).toBeUndefined();

      const [first] = await shop.goldDesk.list();
      const task = first?.gold.task ?? nowhere;
      expect(await shop.goldDesk.retire(task)).toEqual({ kind: 'retired' });
      expect(await shop.goldDesk.retire(nowhere)).toMatchObject({
        fault: { code: 'gold.not-found' },
      });
      const batch = await shop.lease(gwen, 20);
      const trials = await Promise.all(batch.tasks.map(({ id }) => shop.trialOf(id)));
      const met = trials.flatMap((one) => (one === undefined ? [] : [one.gold]));
      expect(met).toHaveLength(4);
      expect(met).not.toContain(task);
    });
  });
}
