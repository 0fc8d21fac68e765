import type { DetectedBox } from '../../event/inference-event.js';
import { compared, percentage } from '../explanation.js';
import type { PlainScorer, UsualDetections } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { logBoxSize } from './boxes.js';
import type { Spread } from './detection-statistics.js';
import { deviationsOff, mostDeviations } from './deviations.js';

/**
 * How far the most unusual box's size is from the usual of its class, either way: |ln(share of
 * the picture that it covers) - mean| over the standard deviation, both over the reference's
 * boxes of the class (of all classes where it has fewer than 30); 0 to 20. Sizes of objects are
 * close to log-normal, hence the logarithm; the measure is ours. Absent without boxes or without
 * a reference that has some.
 */
export const boxSize: PlainScorer = {
  name: 'box-size',
  family: 'confidence',
  looksAt: 'predictions',
  unit: 'standard deviations',
  range: [0, mostDeviations],
  unusual: 'high',
  fallbackLimit: 4,
  measure({ predictions, detection }) {
    if (predictions.kind !== 'detection' || predictions.boxes.length === 0)
      return { kind: 'absent', why: 'no-predictions' };
    if (detection?.boxSize === undefined) return { kind: 'absent', why: 'no-reference' };
    let raw = -1;
    let most:
      { readonly box: DetectedBox; readonly size: number; readonly mean: number } | undefined;
    for (const box of predictions.boxes) {
      const usual = usualOf(detection, box.label) ?? detection.boxSize;
      const size = logBoxSize(box, predictions);
      const off = deviationsOff(size, usual);
      if (off <= raw) continue;
      raw = off;
      most = { box, size, mean: usual.mean };
    }
    const note =
      most === undefined
        ? undefined
        : `A box of ${most.box.label} covers ${percentage(Math.exp(most.size))} of the picture ` +
          `where ${percentage(Math.exp(most.mean))} is usual`;
    return { kind: 'measured', raw, note };
  },
  uncalibrated: (raw) => fallbackScore(raw, boxSize.fallbackLimit, boxSize),
  explain: (raw, standing, note = 'Size of a box') =>
    `${note}, ${raw.toFixed(1)} deviations off: ${compared('further off', standing)}.`,
};

function usualOf({ boxSizeOf = {} }: UsualDetections, label: string): Spread | undefined {
  return Object.hasOwn(boxSizeOf, label) ? boxSizeOf[label] : undefined;
}
