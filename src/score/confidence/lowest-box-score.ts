import { compared, percentage } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/**
 * Score of the detection's least certain box, 0 to 1: the one box that a person should look at
 * (the maximum of the boxes' uncertainties in Brust, Käding and Denzler 2019). Absent without boxes.
 */
export const lowestBoxScore: PlainScorer = {
  name: 'lowest-box-score',
  family: 'confidence',
  looksAt: 'predictions',
  unit: '0..1',
  range: [0, 1],
  unusual: 'low',
  fallbackLimit: 0.3,
  measure({ predictions }) {
    if (predictions.kind !== 'detection') return { kind: 'absent', why: 'no-predictions' };
    const [first, ...others] = predictions.boxes;
    if (first === undefined) return { kind: 'absent', why: 'no-predictions' };
    const lowest = others.reduce((low, box) => (box.score < low.score ? box : low), first);
    return { kind: 'measured', raw: lowest.score, about: lowest.label };
  },
  uncalibrated: (raw) => fallbackScore(raw, lowestBoxScore.fallbackLimit, lowestBoxScore),
  explain: (raw, standing) =>
    `Least certain box at ${percentage(raw)}: ${compared('less certain', standing)}.`,
};
