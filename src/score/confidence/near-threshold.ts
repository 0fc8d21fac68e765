import { compared, percentage } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Scores no further from the threshold than this are close to it. */
const closeness = 0.1;

/**
 * Share of the boxes whose score lies within 0.1 of the deployed threshold, 0 to 1: those that a
 * little less light would have made or unmade. Uncertainty sampling at the decision boundary
 * (Lewis and Gale 1994), which for a detector is its threshold. The threshold is the setting
 * `models[].detection.scoreThreshold`, else the lowest score in the reference. Absent without boxes.
 */
export const nearThreshold: PlainScorer = {
  name: 'near-threshold',
  family: 'confidence',
  looksAt: 'predictions',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.5,
  measure({ predictions, detection }) {
    if (predictions.kind !== 'detection' || predictions.boxes.length === 0)
      return { kind: 'absent', why: 'no-predictions' };
    const threshold = detection?.scoreThreshold;
    if (threshold === undefined) return { kind: 'absent', why: 'no-threshold' };
    const { boxes } = predictions;
    // Rounding in 0.3 - 0.2 must not decide.
    const close = boxes.filter(({ score }) => Math.abs(score - threshold) <= closeness + 1e-9);
    return {
      kind: 'measured',
      raw: close.length / boxes.length,
      note: `${close.length} of ${boxes.length} boxes close to the threshold of ${Number(threshold.toPrecision(4))}`,
    };
  },
  uncalibrated: (raw) => fallbackScore(raw, nearThreshold.fallbackLimit, nearThreshold),
  explain: (raw, standing, note = 'Boxes close to the threshold') =>
    `${note}, ${percentage(raw)}: ${compared('more undecided', standing)}.`,
};
