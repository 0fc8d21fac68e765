import { compared, percentage } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { predictedClass } from './class-scores.js';

/** Cosine distances below this count as this: a copy outweighs the others, not without limit. */
const leastDistance = 0.01;
/**
 * One neighbour more, unrelated, agrees: where all of them differ, the nearer they are the more they
 * tell. Without it a sixth of the pictures of CIFAR-10 were at the end of the range alike.
 */
const ofUnrelated = 1;

/**
 * Share of the nearest reference pictures whose label is another class than the predicted one, 0
 * (all agree) to 1. Each weighs the inverse of its distance (Dudani 1976), beside an unrelated one that
 * agrees; agreement of a model with its nearest neighbours as a measure of trust, Jiang, Kim, Guan and
 * Gupta 2018. Absent without a classification, without neighbours that are labelled, and where the
 * predicted class is none of the reference's labels: then the two label sets differ, and so would every
 * label.
 */
export const labelDisagreement: PlainScorer = {
  name: 'label-disagreement',
  family: 'confidence',
  looksAt: 'neighbours',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.7,
  measure({ predictions, neighbours, referenceLabels }) {
    const predicted = predictedClass(predictions);
    if (predicted === undefined) return { kind: 'absent', why: 'no-predictions' };
    if (typeof neighbours === 'string') return { kind: 'absent', why: neighbours };
    const labelled = neighbours.filter(({ label }) => label !== undefined);
    if (labelled.length === 0) return { kind: 'absent', why: 'no-labels' };
    if (referenceLabels?.has(predicted) !== true) return { kind: 'absent', why: 'labels-differ' };
    let all = ofUnrelated;
    let others = 0;
    let differing = 0;
    for (const { label, distance } of labelled) {
      const weight = 1 / Math.max(leastDistance, distance);
      all += weight;
      if (label === predicted) continue;
      others += weight;
      differing += 1;
    }
    return {
      kind: 'measured',
      raw: others / all,
      note: `${differing} of the ${labelled.length} nearest labels are not ${predicted}`,
    };
  },
  uncalibrated: (raw) => fallbackScore(raw, labelDisagreement.fallbackLimit, labelDisagreement),
  explain: (raw, standing, note = 'Nearest labels are others') =>
    `${note}, ${percentage(raw)} by weight: ${compared('more at odds', standing)}.`,
};
