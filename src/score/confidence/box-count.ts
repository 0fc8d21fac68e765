import { compared } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { deviationsOff, mostDeviations } from './deviations.js';

/**
 * How far the number of boxes n is from the usual, either way: |ln(1 + n) - mean| over the
 * standard deviation, both over the reference's pictures; 0 to 20. The logarithm makes twice as
 * many as unusual as half as many. A z-score of a two-sided test; taking it on counts of boxes is
 * ours. Absent without a detection or without a reference that has some.
 */
export const boxCount: PlainScorer = {
  name: 'box-count',
  family: 'confidence',
  looksAt: 'predictions',
  unit: 'standard deviations',
  range: [0, mostDeviations],
  unusual: 'high',
  fallbackLimit: 3,
  measure({ predictions, detection }) {
    if (predictions.kind !== 'detection') return { kind: 'absent', why: 'no-predictions' };
    const usual = detection?.boxCount;
    if (usual === undefined) return { kind: 'absent', why: 'no-reference' };
    const count = predictions.boxes.length;
    return {
      kind: 'measured',
      raw: deviationsOff(Math.log(1 + count), usual),
      note: `${count} ${count === 1 ? 'box' : 'boxes'} where ${(Math.exp(usual.mean) - 1).toFixed(1)} are usual`,
    };
  },
  uncalibrated: (raw) => fallbackScore(raw, boxCount.fallbackLimit, boxCount),
  explain: (raw, standing, note = 'Number of boxes') =>
    `${note}, ${raw.toFixed(1)} deviations off: ${compared('further off', standing)}.`,
};
