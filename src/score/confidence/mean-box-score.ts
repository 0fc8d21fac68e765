import { compared, percentage } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { boxScores } from './box-scores.js';

/**
 * Mean score of the detection's boxes, 0 to 1: how certain the detector is of the whole picture
 * (the average of the boxes' uncertainties in Brust, Käding and Denzler 2019). Absent without boxes.
 */
export const meanBoxScore: PlainScorer = {
  name: 'mean-box-score',
  family: 'confidence',
  looksAt: 'predictions',
  unit: '0..1',
  range: [0, 1],
  unusual: 'low',
  fallbackLimit: 0.5,
  measure({ predictions }) {
    const scores = boxScores(predictions);
    if (scores.length === 0) return { kind: 'absent', why: 'no-predictions' };
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    return { kind: 'measured', raw: Math.min(1, mean) };
  },
  uncalibrated: (raw) => fallbackScore(raw, meanBoxScore.fallbackLimit, meanBoxScore),
  explain: (raw, standing) =>
    `Mean box score ${percentage(raw)}: ${compared('less certain', standing)}.`,
};
