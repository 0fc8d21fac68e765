import { describe, expect, it, vi } from 'vitest';
import { annotatorId, taskId } from '../../src/ids.js';
import type { AnnotatorId } from '../../src/ids.js';
import { judgeGold, tasksToReopen } from '../../src/label/agreement/annotator-quality.js';
import { mildPrior } from '../../src/label/agreement/confusion-prior.js';
import { dawidSkene } from '../../src/label/agreement/dawid-skene.js';
import { isGoldTurn, usualGoldShares } from '../../src/label/agreement/gold-draw.js';
import { majority } from '../../src/label/agreement/majority.js';
import { settle } from '../../src/label/agreement/settle.js';
import { usualSettleRule } from '../../src/label/agreement/settlement.js';
import type { Answer, SettleRule } from '../../src/label/agreement/settlement.js';
import {
  biased,
  careless,
  crew,
  good,
  largeCrew,
  malicious,
  quickRandom,
  simulate,
} from './simulated-annotators.js';
import { groupBy } from '../../src/label/agreement/group-by.js';
import type { SimulatedAnnotator, SimulatedTask, Simulation } from './simulated-annotators.js';

/**
 * Simulated annotators: what consensus, gold tasks and adjudication are worth. The figures are
 * printed; seeds are fixed, and the bounds leave room for other ones.
 */

// Whole populations: more than a few seconds on a machine that is busy otherwise.
vi.setConfig({ testTimeout: 120_000 });

const size = { tasks: 400, overlap: 5, ambiguousShare: 0.1 };
const seeds = ['one', 'two', 'three', 'four', 'five'];

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Share of clear pictures that are called what they are. */
function accuracy(tasks: readonly SimulatedTask[], said: (task: string) => string | undefined) {
  const clear = tasks.filter(({ alike }) => alike === undefined);
  return mean(clear.map(({ name, truth }) => (said(name) === truth ? 1 : 0)));
}

/** Every tenth task is a gold one, if it is clear. */
function goldOf({ tasks }: Simulation): Map<string, string> {
  return new Map(
    tasks.flatMap(({ name, truth, alike }, at) =>
      at % 10 === 0 && alike === undefined ? [[name, truth] as const] : [],
    ),
  );
}

describe('consensus of six, of whom one is careless, one biased and one malicious', () => {
  it('beats the best single annotator', () => {
    const rows = seeds.map((seed) => {
      const simulation = simulate(seed, size);
      const { tasks, ratings } = simulation;
      const known = goldOf(simulation);
      const open = tasks.filter(({ name }) => !known.has(name));
      const alone = crew.map(({ name }) => {
        const own = new Map(
          ratings.flatMap((rating) =>
            rating.annotator === name ? [[rating.unit, rating.class] as const] : [],
          ),
        );
        return accuracy(
          open.filter((task) => own.has(task.name)),
          (task) => own.get(task),
        );
      });
      const byTask = new Map(groupBy(ratings, ({ unit }) => unit));
      const votes = (task: string): string | undefined => {
        const vote = majority((byTask.get(task) ?? []).map((rating) => rating.class));
        return vote.kind === 'majority' ? vote.class : undefined;
      };
      const bare = dawidSkene(ratings, { prior: mildPrior });
      const taught = dawidSkene(ratings, { prior: mildPrior, known });
      const likeliest =
        ({ posteriors, classes }: typeof bare) =>
        (task: string) => {
          const row = posteriors.get(task) ?? [];
          return classes[row.indexOf(Math.max(...row))];
        };
      return {
        best: Math.max(...alone),
        majority: accuracy(open, votes),
        dawidSkene: accuracy(open, likeliest(bare)),
        withGold: accuracy(open, likeliest(taught)),
      };
    });
    const found = {
      best: mean(rows.map(({ best }) => best)),
      majority: mean(rows.map((row) => row.majority)),
      dawidSkene: mean(rows.map((row) => row.dawidSkene)),
      withGold: mean(rows.map(({ withGold }) => withGold)),
    };
    console.info(
      `clear pictures right: best single annotator ${percent(found.best)}, majority of five ` +
        `${percent(found.majority)}, Dawid-Skene ${percent(found.dawidSkene)}, with gold tasks known ` +
        percent(found.withGold),
    );
    for (const row of rows) expect(row.dawidSkene).toBeGreaterThan(row.best);
    expect(found.dawidSkene).toBeGreaterThan(found.majority);
    expect(found.dawidSkene).toBeGreaterThan(0.95);
    expect(found.withGold).toBeGreaterThan(0.95);
  });

  it('sends the truly ambiguous to adjudication, and few others', () => {
    const found = [
      { title: 'five opinions from six', annotators: crew, overlap: 5 },
      { title: 'seven opinions from nine', annotators: largeCrew, overlap: 7 },
    ].flatMap(({ title, annotators, overlap }) => {
      const simulations = seeds.map((seed) => simulate(seed, { ...size, overlap }, annotators));
      return (['votes', 'weighed'] as const).map((way) => {
        const rows = simulations.map((simulation) => adjudicated(simulation, way));
        const row = {
          ambiguous: mean(rows.map(({ ambiguous }) => ambiguous)),
          clear: mean(rows.map(({ clear }) => clear)),
          right: mean(rows.map(({ right }) => right)),
        };
        console.info(
          `${title}, ${way}: to adjudication ${percent(row.ambiguous)} of the ambiguous and ` +
            `${percent(row.clear)} of the clear; of what is agreed ${percent(row.right)} right`,
        );
        return row;
      });
    });
    const [fiveVotes, five, , seven] = found;
    expect(five?.ambiguous).toBeGreaterThan(fiveVotes?.ambiguous ?? 1);
    expect(five?.ambiguous).toBeGreaterThan(2 * (five?.clear ?? 1));
    expect(five?.right).toBeGreaterThan(0.98);
    expect(seven?.ambiguous).toBeGreaterThan(0.65);
    expect(seven?.clear).toBeLessThan(0.15);
    expect(seven?.right).toBeGreaterThan(0.99);
  });
});

/** Shares of the ambiguous and the clear that are disputed, and how much of the rest is right. */
function adjudicated(simulation: Simulation, way: 'votes' | 'weighed') {
  const { tasks, ratings } = simulation;
  const skills = dawidSkene(ratings, { prior: mildPrior, known: goldOf(simulation) });
  const rule: SettleRule = way === 'votes' ? usualSettleRule : { ...usualSettleRule, skills };
  const byTask = new Map(groupBy(ratings, ({ unit }) => unit));
  const settled = tasks.map((task) => {
    const opinions = (byTask.get(task.name) ?? []).map(({ annotator, class: name }): Answer => ({
      annotator,
      body: { kind: 'class', class: name },
    }));
    return { task, settlement: settle(opinions, rule) };
  });
  const [clear, ambiguous] = [false, true].map((sort) =>
    mean(
      settled.flatMap(({ task, settlement }) =>
        (task.alike !== undefined) === sort ? [settlement.kind === 'disputed' ? 1 : 0] : [],
      ),
    ),
  );
  const agreed = new Map(
    settled.flatMap(({ task, settlement }) =>
      settlement.kind === 'agreed' && settlement.body.kind === 'class'
        ? [[task.name, settlement.body.class] as const]
        : [],
    ),
  );
  const right = accuracy(
    tasks.filter(({ name }) => agreed.has(name)),
    (name) => agreed.get(name),
  );
  return { clear: clear ?? Number.NaN, ambiguous: ambiguous ?? Number.NaN, right };
}

describe('gold tasks', () => {
  const rule = { ...usualGoldShares, seed: 'gold' };
  const runs = 200;

  /** The turn at which each of many such annotators is paused; Infinity where none is. */
  function pauses(sort: (name: string) => SimulatedAnnotator, turns: number): number[] {
    return Array.from({ length: runs }, (_, run) => {
      const annotator = sort(`${run}`);
      const random = quickRandom(`gold ${run}`);
      const history: { right: boolean; answeredAt: number }[] = [];
      for (let turn = 0; turn < turns; turn += 1) {
        if (!isGoldTurn(annotatorId(annotator.name), turn, rule)) continue;
        const truth = (['cat', 'dog', 'fox', 'wolf'] as const)[Math.floor(random() * 4)] ?? 'cat';
        const said = annotator.answer({ name: 'gold', truth }, random);
        history.push({ right: said === truth, answeredAt: turn });
        if (judgeGold(history).kind === 'pause') return turn + 1;
      }
      return Infinity;
    });
  }

  function within(found: readonly number[], turns: number): number {
    return mean(found.map((turn) => (turn <= turns ? 1 : 0)));
  }

  it('find the careless one within 60 tasks, the malicious one sooner, and rarely pause a good one', () => {
    const found = {
      careless: within(pauses(careless, 60), 60),
      malicious: within(pauses(malicious, 60), 30),
      biased: within(pauses(biased, 60), 60),
      good98: within(
        pauses((name) => good(name, 0.98), 600),
        600,
      ),
      good95: within(
        pauses((name) => good(name, 0.95), 600),
        600,
      ),
      good95soon: within(
        pauses((name) => good(name, 0.95), 60),
        60,
      ),
    };
    console.info(
      `paused by gold tasks (half of the first 30 tasks, then every tenth), of ${runs} each: careless ` +
        `within 60 tasks ${percent(found.careless)}, malicious within 30 ${percent(found.malicious)}, ` +
        `biased within 60 ${percent(found.biased)}; good at 95 % within 60 ${percent(found.good95soon)}, ` +
        `within 600 ${percent(found.good95)}, good at 98 % within 600 ${percent(found.good98)}`,
    );
    expect(found.malicious).toBeGreaterThan(0.99);
    expect(found.careless).toBeGreaterThan(0.85);
    expect(found.good95soon).toBeLessThan(0.07);
    expect(found.good98).toBeLessThan(0.03);
  });

  it('open what a paused annotator did again since the last good gold, and not what was before', () => {
    const name: AnnotatorId = annotatorId('ada');
    const fair = good(name, 0.97);
    const tired = careless(name);
    const shares = Array.from({ length: 100 }, (_, run) => {
      const random = quickRandom(`tired ${run}`);
      const history: { right: boolean; answeredAt: number }[] = [];
      for (let turn = 0; turn < 500; turn += 1) {
        if (!isGoldTurn(name, turn, { ...rule, seed: `tired ${run}` })) continue;
        const said = (turn < 150 ? fair : tired).answer({ name: 'gold', truth: 'cat' }, random);
        history.push({ right: said === 'cat', answeredAt: turn });
        const judged = judgeGold(history);
        if (judged.kind !== 'pause') continue;
        const done = Array.from({ length: turn + 1 }, (_, at) => ({
          task: taskId(`${at}`),
          answeredAt: at,
        }));
        const again = tasksToReopen(done, judged).map(Number);
        const spoilt = done.filter(({ answeredAt }) => answeredAt >= 150);
        if (spoilt.length === 0) return undefined;
        return {
          spoilt: again.filter((at) => at >= 150).length / spoilt.length,
          sound: again.filter((at) => at < 150).length / 150,
        };
      }
      return undefined;
    }).flatMap((share) => share ?? []);
    const spoilt = mean(shares.map((share) => share.spoilt));
    const sound = mean(shares.map((share) => share.sound));
    console.info(
      `opened again: ${percent(spoilt)} of what was done after someone got careless, ` +
        `${percent(sound)} of the 150 tasks before`,
    );
    expect(spoilt).toBeGreaterThan(0.7);
    expect(sound).toBeLessThan(0.15);
  });
});
