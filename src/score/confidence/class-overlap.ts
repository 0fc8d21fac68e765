import type { DetectedBox } from '../../event/inference-event.js';
import { compared, percentage } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { intersectionOverUnion } from './boxes.js';

/**
 * Highest intersection over union of two boxes of different classes, 0 to 1: one object that the
 * detector calls two things. Non-maximum suppression works within a class and leaves such pairs
 * (Everingham et al. 2010 for the measure). 0 for fewer than two classes; absent without a detection.
 */
export const classOverlap: PlainScorer = {
  name: 'class-overlap',
  family: 'confidence',
  looksAt: 'predictions',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.7,
  measure({ predictions }) {
    if (predictions.kind !== 'detection') return { kind: 'absent', why: 'no-predictions' };
    const { overlap, pair } = mostOverlapping(predictions.boxes);
    const measured = { kind: 'measured', raw: overlap } as const;
    if (pair === undefined) return measured;
    const [one, other] = pair;
    return { ...measured, note: `Boxes of ${one.label} and ${other.label} share` };
  },
  uncalibrated: (raw) => fallbackScore(raw, classOverlap.fallbackLimit, classOverlap),
  explain: (raw, standing, note = 'Boxes of two classes share') =>
    `${note} ${percentage(raw)} of their area: ${compared('more in conflict', standing)}.`,
};

interface Overlapping {
  readonly overlap: number;
  readonly pair: readonly [DetectedBox, DetectedBox] | undefined;
}

/** From left to right, so that only boxes that lie above one another are compared. */
function mostOverlapping(boxes: readonly DetectedBox[]): Overlapping {
  const byLeft = boxes.toSorted((a, b) => a.x - b.x);
  let most: Overlapping = { overlap: 0, pair: undefined };
  for (let at = 0; at < byLeft.length; at += 1) {
    const box = byLeft[at];
    if (box === undefined) continue;
    for (let next = at + 1; next < byLeft.length; next += 1) {
      const other = byLeft[next];
      if (other === undefined || other.x >= box.x + box.width) break;
      if (other.label === box.label) continue;
      const overlap = intersectionOverUnion(box, other);
      if (overlap > most.overlap) most = { overlap, pair: [box, other] };
    }
  }
  return most;
}
