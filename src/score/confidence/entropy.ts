import { compared } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { classProbabilities } from './class-probabilities.js';
import type { ClassProbabilities } from './class-probabilities.js';

/**
 * Shannon's entropy of the class probabilities over its maximum, ln(number of classes), so that
 * it does not depend on how many classes there are: 0 (certain) to 1 (all alike); Settles 2009,
 * 3.1. What a producer left out counts as one more class: the least entropy that the whole can
 * have. Probabilities of classes that do not exclude each other are divided by their sum.
 */
export const entropy: PlainScorer = {
  name: 'entropy',
  family: 'confidence',
  looksAt: 'predictions',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.5,
  measure({ predictions }) {
    const probabilities = classProbabilities(predictions);
    if (probabilities === undefined) return { kind: 'absent', why: 'no-predictions' };
    return { kind: 'measured', raw: normalisedEntropy(probabilities) };
  },
  uncalibrated: (raw) => fallbackScore(raw, entropy.fallbackLimit, entropy),
  explain: (raw, standing) =>
    `Entropy ${raw.toFixed(3)} of at most 1: ${compared('more scattered', standing)}.`,
};

function normalisedEntropy({ listed, rest }: ClassProbabilities): number {
  const classes = listed.length + (rest > 0 ? 1 : 0);
  // In plain loops, and nothing is copied: a label set may have thousands of classes.
  let sum = rest;
  for (const value of listed) sum += value;
  if (classes < 2 || sum <= 0) return 0;
  let nats = natsOf(rest / sum);
  for (const value of listed) nats += natsOf(value / sum);
  return Math.min(1, Math.max(0, nats / Math.log(classes)));
}

function natsOf(share: number): number {
  return share > 0 ? -share * Math.log(share) : 0;
}
