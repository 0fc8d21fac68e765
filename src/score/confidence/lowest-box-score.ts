import { compared, percentage } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { boxScores } from './box-scores.js';

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
    const scores = boxScores(predictions);
    if (scores.length === 0) return { kind: 'absent', why: 'no-predictions' };
    return { kind: 'measured', raw: scores.reduce((lowest, score) => Math.min(lowest, score)) };
  },
  uncalibrated: (raw) => fallbackScore(raw, lowestBoxScore.fallbackLimit, lowestBoxScore),
  explain: (raw, standing) =>
    `Least certain box at ${percentage(raw)}: ${compared('less certain', standing)}.`,
};
