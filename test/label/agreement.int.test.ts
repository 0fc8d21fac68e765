import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { matchBoxes } from '../../src/label/agreement/box-matching.js';
import { cohenKappa } from '../../src/label/agreement/cohen-kappa.js';
import { confidentLearning } from '../../src/label/agreement/confident-learning.js';
import { dawidSkene } from '../../src/label/agreement/dawid-skene.js';
import { krippendorffAlpha } from '../../src/label/agreement/krippendorff-alpha.js';
import { seeded } from '../fixtures/planes.js';
import { describeWithPython } from '../services/python.js';
import { cohen1960, krippendorff2011 } from './published-tables.js';
import { simulate } from './simulated-annotators.js';

/** The same data through krippendorff, scikit-learn, SciPy, cleanlab and plain NumPy. */

interface Found {
  readonly alphas: readonly number[];
  readonly kappa: number;
  readonly posteriors: Readonly<Record<string, readonly number[]>>;
  readonly overlaps: readonly number[];
  readonly confident: {
    readonly thresholds: readonly number[];
    readonly counts: readonly (readonly number[])[];
    readonly issues: readonly number[];
  };
}

const names = ['ant', 'bee', 'cow', 'dog', 'eel'];
const least = 0.3;

function classNamed(at: number): string {
  return names[at] ?? '';
}

/** Units by observers who mostly agree; a fifth of the answers is missing. */
function tableOf(seed: number): (string | null)[][] {
  const random = seeded(seed);
  return Array.from({ length: 60 }, () => {
    const truth = Math.floor(5 * random());
    return Array.from({ length: 6 }, () => {
      if (random() < 0.2) return null;
      return classNamed(random() < 0.7 ? truth : Math.floor(5 * random()));
    });
  });
}

type Corners = readonly [x: number, y: number, width: number, height: number];

function boxesOf(random: () => number): Corners[] {
  return Array.from({ length: Math.floor(25 * random()) + 1 }, () => [
    200 * random(),
    100 * random(),
    20 + 60 * random(),
    20 + 60 * random(),
  ]);
}

/** Labels of which a tenth is another class than the model's likeliest. */
function judgedLabels(seed: number) {
  const random = seeded(seed);
  return Array.from({ length: 500 }, (_, at) => {
    const truth = at % names.length;
    const label = random() < 0.1 ? Math.floor(names.length * random()) : truth;
    const weights = names.map((_name, place) => (place === truth ? 4 + 8 * random() : random()));
    const sum = weights.reduce((all, weight) => all + weight, 0);
    return { label, probabilities: weights.map((weight) => weight / sum) };
  });
}

describeWithPython('agreement in Python', (python) => {
  const tables = [krippendorff2011().units, ...[1, 2, 3, 4].map(tableOf)];
  const { pairs } = cohen1960();
  const { ratings } = simulate('peers', { tasks: 120, overlap: 4, ambiguousShare: 0.1 });
  const random = seeded(11);
  const cases = Array.from({ length: 40 }, () => [boxesOf(random), boxesOf(random)] as const);
  const judged = judgedLabels(5);
  let found: Found;

  beforeAll(async () => {
    const script = fileURLToPath(new URL('agreement_peers.py', import.meta.url));
    const child = spawn(python(), [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(
      JSON.stringify({
        alpha: tables,
        kappa: pairs,
        ratings: ratings.map((rating) => [rating.unit, rating.annotator, rating.class]),
        boxes: { cases, least },
        labels: judged.map(({ label }) => label),
        probabilities: judged.map(({ probabilities }) => probabilities),
      }),
    );
    const [output] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect(child.exitCode).toBe(0);
    found = JSON.parse(output) as Found;
    // The packages alone take half a minute to load where the machine is busy.
  }, 300_000);

  it("krippendorff finds the same alpha, with missing answers, and scikit-learn the same Cohen's kappa", () => {
    tables.forEach((units, at) => {
      const own = krippendorffAlpha(units.map((unit) => unit.filter((answer) => answer !== null)));
      expect(own.kind === 'measured' ? own.value : Number.NaN).toBeCloseTo(
        found.alphas[at] ?? Infinity,
        9,
      );
    });
    const own = cohenKappa(pairs);
    expect(own.kind === 'measured' ? own.value : Number.NaN).toBeCloseTo(found.kappa, 9);
  });

  it('NumPy finds the same consensus', () => {
    const { posteriors, converged } = dawidSkene(ratings, { tolerance: 1e-12, iterations: 20_000 });
    expect(converged).toBe(true);
    for (const [unit, row] of posteriors) {
      row.forEach((share, at) => {
        expect(share).toBeCloseTo(found.posteriors[unit]?.[at] ?? Infinity, 6);
      });
    }
  });

  it('SciPy finds no better pairs of boxes', () => {
    const boxes = (list: readonly Corners[]) =>
      list.map(([x, y, width, height]) => ({ class: 'any', x, y, width, height }));
    cases.forEach(([left, right], at) => {
      const { pairs: matched } = matchBoxes(boxes(left), boxes(right), {
        leastIou: least,
        classes: 'same',
      });
      const sum = matched.reduce((all, { iou }) => all + iou, 0);
      expect(sum).toBeCloseTo(found.overlaps[at] ?? Infinity, 9);
    });
  });

  it('cleanlab finds the same thresholds, confident joint and label errors', () => {
    const own = confidentLearning(
      judged.map(({ label, probabilities }, at) => ({
        unit: `${at}`,
        label: classNamed(label),
        probabilities: new Map(probabilities.map((share, place) => [classNamed(place), share])),
      })),
    );
    expect(own.classes).toEqual(names);
    own.thresholds.forEach((threshold, at) => {
      expect(threshold).toBeCloseTo(found.confident.thresholds[at] ?? Infinity, 9);
    });
    expect(own.counts).toEqual(found.confident.counts);
    expect(own.issues.map(({ unit }) => Number(unit)).sort((a, b) => a - b)).toEqual(
      found.confident.issues,
    );
    expect(own.issues.length).toBeGreaterThan(10);
  });
});
