import { compared } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { classProbabilities } from './class-probabilities.js';

/**
 * Probability of the likeliest class less that of the second, 0 (torn between two) to 1: margin
 * sampling (Scheffer et al. 2001; Settles 2009, 3.1). Where a producer sends the best class
 * alone, all that it left out counts as the second: the margin can't be smaller than that.
 */
export const margin: PlainScorer = {
  name: 'margin',
  family: 'confidence',
  looksAt: 'predictions',
  unit: '0..1',
  range: [0, 1],
  unusual: 'low',
  fallbackLimit: 0.1,
  measure({ predictions }) {
    const probabilities = classProbabilities(predictions);
    if (probabilities === undefined) return { kind: 'absent', why: 'no-predictions' };
    const { best, second } = probabilities;
    return { kind: 'measured', raw: Math.min(1, Math.max(0, best - second)) };
  },
  uncalibrated: (raw) => fallbackScore(raw, margin.fallbackLimit, margin),
  explain: (raw, standing) =>
    `Margin ${raw.toFixed(3)} between the two likeliest classes: ` +
    `${compared('closer', standing)}.`,
};
