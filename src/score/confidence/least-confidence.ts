import { compared, percentage } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { classProbabilities } from './class-probabilities.js';

/**
 * 1 - probability of the likeliest class, 0 (certain) to 1: least confidence sampling
 * (Settles 2009, 3.1).
 */
export const leastConfidence: PlainScorer = {
  name: 'least-confidence',
  family: 'confidence',
  looksAt: 'predictions',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.5,
  measure({ predictions }) {
    const probabilities = classProbabilities(predictions);
    if (probabilities === undefined) return { kind: 'absent', why: 'no-predictions' };
    return { kind: 'measured', raw: Math.min(1, Math.max(0, 1 - probabilities.best)) };
  },
  uncalibrated: (raw) => fallbackScore(raw, leastConfidence.fallbackLimit, leastConfidence),
  explain: (raw, standing) =>
    `Likeliest class at ${percentage(1 - raw)}: ${compared('less certain', standing)}.`,
};
