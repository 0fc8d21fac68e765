import type { Spoiling } from '../../image/spoil-plane.js';
import { areaUnderCurve } from './area-under-curve.js';
import { isDegraded, isExposure, needsLogits, noveltyMethods } from './novelty-methods.js';

/** Rows of surprises (combine.ts), one value a method; NaN where a method can't be had. */
export type Surprises = readonly Float64Array[];

/** Copies that are spoilt in one way. */
export interface SpoiltSet {
  readonly kind: Spoiling;
  readonly copies: Surprises;
}

/** What the weights are chosen on; none of it was seen by the detectors that made it. */
export interface WeighingSets {
  readonly ordinary: Surprises;
  readonly spoilt: readonly SpoiltSet[];
  /** Pictures of a class (or cluster) left out of the fit, and others held out beside it. */
  readonly leftOut: Surprises;
  readonly besideLeftOut: Surprises;
}

/**
 * What does not depend on the reference, of a sum of 1. More for double exposures told them better and
 * the rest worse: at 0.15 by 0.03 and 0.005 of area. Logits of a network trained on other classes say
 * little, and most about degraded pictures.
 */
const fixedShares = { mixed: 0.12, shuffled: 0.02, logits: 0.03 };
/** Of what the embedding's methods have together, the part of the virtual logit. */
const virtualLogitPart = 0.4;
/** Shares that the embedding's methods may have together. */
const shares = Array.from({ length: 25 }, (_, at) => 0.02 * (at + 1));
/** Where the reference has nothing to choose by. */
const defaultShare = 0.16;
/**
 * What the embedding's methods may cost where degraded copies are told, in area under the curve. From
 * 0.004 to 0.008 left-out classes gained 0.015 and degraded pictures lost 0.008, on other pictures.
 */
const mostCost = 0.008;

/**
 * Weights of sum 1, 0 for what is not usable. What the outlier exposure gets and what the methods that
 * know nothing of spoiling get is decided by the reference: the more the latter have, the better a
 * class that was left out is told, and the worse degraded pictures. They get the share that tells the
 * reference's own left-out pictures best, of those that cost its degraded copies `mostCost` at most.
 * Logistic regression instead gave them too much: the reference's own copies are far out by any method.
 */
export function chooseWeights(sets: WeighingSets, usable: readonly boolean[]): readonly number[] {
  const degraded = sets.spoilt.filter(({ kind }) => isDegraded(kind));
  if (degraded.length === 0 || sets.leftOut.length === 0) return weightsOf(defaultShare, usable);
  let best = { weights: weightsOf(shares[0] ?? defaultShare, usable), leftOut: -Infinity };
  let least: number | undefined;
  for (const share of shares) {
    const weights = weightsOf(share, usable);
    const told = areasOf({ ...sets, spoilt: degraded }, weights);
    least ??= told.degraded - mostCost;
    if (told.degraded >= least && told.leftOut > best.leftOut) {
      best = { weights, leftOut: told.leftOut };
    }
  }
  return best.weights;
}

function weightsOf(share: number, usable: readonly boolean[]): readonly number[] {
  const can = (method: (typeof noveltyMethods)[number]) =>
    usable[noveltyMethods.indexOf(method)] === true;
  const logits = noveltyMethods.filter((method) => needsLogits.has(method) && can(method));
  const plain = noveltyMethods.filter(
    (method) => !needsLogits.has(method) && !isExposure(method) && can(method),
  );
  const { mixed, shuffled } = fixedShares;
  const ofLogits = logits.length === 0 ? 0 : fixedShares.logits;
  const ofVirtualLogit = can('virtual-logit') ? share * virtualLogitPart : 0;
  const raw = noveltyMethods.map((method) => {
    if (!can(method)) return 0;
    if (method === 'mixed-exposure') return mixed;
    if (method === 'shuffled-exposure') return shuffled;
    if (method === 'degraded-exposure') return 1 - share - mixed - shuffled - ofLogits;
    if (method === 'virtual-logit') return ofVirtualLogit;
    if (needsLogits.has(method)) return ofLogits / (logits.length - Number(can('virtual-logit')));
    return (share - ofVirtualLogit) / plain.length;
  });
  const sum = raw.reduce((total, weight) => total + weight, 0);
  return sum > 0 ? raw.map((weight) => weight / sum) : raw;
}

function areasOf(sets: WeighingSets, weights: readonly number[]) {
  const told = (ordinary: readonly number[], outliers: Surprises) =>
    areaUnderCurve(ordinary, weighed(outliers, weights));
  const ordinary = weighed(sets.ordinary, weights);
  // Each way of spoiling counts the same.
  const areas = sets.spoilt.map(({ copies }) => told(ordinary, copies));
  return {
    degraded: areas.reduce((sum, area) => sum + area, 0) / areas.length,
    leftOut: told(weighed(sets.besideLeftOut, weights), sets.leftOut),
  };
}

/** The weighted mean of each row, over what it has. */
export function weighed(rows: Surprises, weights: readonly number[]): number[] {
  return rows.map((row) => {
    let sum = 0;
    let total = 0;
    for (const [at, value] of row.entries()) {
      const weight = weights[at] ?? 0;
      if (weight === 0 || Number.isNaN(value)) continue;
      sum += weight * value;
      total += weight;
    }
    return total > 0 ? sum / total : 0;
  });
}
