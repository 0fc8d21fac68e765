import { classProbabilities } from '../../score/confidence/class-probabilities.js';
import type { Predictions } from '../../event/inference-event.js';
import { groupBy } from './group-by.js';

/** A labelled unit and what a model that was not trained on it says. */
export interface JudgedLabel {
  readonly unit: string;
  readonly label: string;
  /** By class; what the model did not list counts as 0. */
  readonly probabilities: ReadonlyMap<string, number>;
}

export interface ConfidentLearning {
  /** Classes that are labelled and that the model knows, in alphabetical order. */
  readonly classes: readonly string[];
  /** Mean probability of a class over what is labelled so: from there on the model is confident. */
  readonly thresholds: readonly number[];
  /** Confident joint: row = label, column = class that the model is confident of; counts. */
  readonly counts: readonly (readonly number[])[];
  /**
   * Joint distribution of label (row) and true class (column), sums to 1: the counts, each row
   * scaled to how often its label was given.
   */
  readonly joint: readonly (readonly number[])[];
  /** Labels that the model contradicts with confidence, the widest margin first. */
  readonly issues: readonly LabelIssue[];
}

export interface LabelIssue {
  readonly unit: string;
  readonly label: string;
  /** The class that the model is confident of. */
  readonly likely: string;
  /** Probabilities of the two, 0..1. */
  readonly ofLabel: number;
  readonly ofLikely: number;
  /** Threshold of the likely class, 0..1. */
  readonly threshold: number;
}

/**
 * Confident learning: a model that is as sure of another class as it usually is where that class is
 * labelled contradicts the label. A unit counts for the class of the highest probability among
 * those that reach their threshold, and for none where no class does. A class that the model never
 * lists is left out, with the units that are labelled so. Source: C. G. Northcutt, L. Jiang and
 * I. L. Chuang, Confident learning: estimating uncertainty in dataset labels, Journal of Artificial
 * Intelligence Research 70 (2021) 1373-1411, equations 1 to 3.
 */
export function confidentLearning(judged: readonly JudgedLabel[]): ConfidentLearning {
  const listed = new Set(judged.flatMap(({ probabilities }) => [...probabilities.keys()]));
  const units = judged.filter(({ label }) => listed.has(label));
  const byLabel = groupBy(units, ({ label }) => label);
  const classes = byLabel.map(([name]) => name);
  const thresholds = byLabel.map(
    ([name, own]) =>
      own.reduce((sum, unit) => sum + (unit.probabilities.get(name) ?? 0), 0) / own.length,
  );
  const place = new Map(classes.map((name, at) => [name, at]));
  const counts = classes.map(() => classes.map(() => 0));
  const issues: LabelIssue[] = [];
  for (const { unit, label, probabilities } of units) {
    const at = mostConfident(classes, thresholds, probabilities);
    const [likely, row] = [classes[at], counts[place.get(label) ?? -1]];
    if (likely === undefined || row === undefined) continue;
    row[at] = (row[at] ?? 0) + 1;
    if (likely === label) continue;
    issues.push({
      unit,
      label,
      likely,
      ofLabel: probabilities.get(label) ?? 0,
      ofLikely: probabilities.get(likely) ?? 0,
      threshold: thresholds[at] ?? 0,
    });
  }
  issues.sort((a, b) => b.ofLikely - b.ofLabel - (a.ofLikely - a.ofLabel));
  return {
    classes,
    thresholds,
    counts,
    joint: jointOf(
      byLabel.map(([, own]) => own.length / units.length),
      counts,
    ),
    issues,
  };
}

/** A classification's probabilities by class; empty where there are none. */
export function probabilitiesByClass(predictions: Predictions): Map<string, number> {
  if (predictions.kind !== 'classification') return new Map();
  const { listed } = classProbabilities(predictions) ?? { listed: [] };
  return new Map(predictions.classes.map((name, at) => [name, listed[at] ?? 0]));
}

/** Means are rounded; a unit that is the only one of its class must still reach its own. */
const slack = 1e-6;

/** Place of the class; -1 where the model is confident of none. */
function mostConfident(
  classes: readonly string[],
  thresholds: readonly number[],
  probabilities: ReadonlyMap<string, number>,
): number {
  let best = -1;
  let highest = 0;
  classes.forEach((name, at) => {
    const probability = probabilities.get(name) ?? 0;
    if (probability < (thresholds[at] ?? Infinity) - slack || probability <= highest) return;
    best = at;
    highest = probability;
  });
  return best;
}

/** A label without any confident unit is taken as right. */
function jointOf(shares: readonly number[], counts: readonly (readonly number[])[]): number[][] {
  return counts.map((row, at) => {
    const given = shares[at] ?? 0;
    const sum = row.reduce((all, count) => all + count, 0);
    return row.map((count, column) =>
      sum > 0 ? (given * count) / sum : column === at ? given : 0,
    );
  });
}
