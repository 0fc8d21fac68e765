import { compared, percentage } from '../explanation.js';
import type { PlainScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { touchesEdge } from './boxes.js';

/**
 * Share of the boxes that the edge of the picture cuts, 0 to 1: within 0.5 % of the side of an
 * edge. Truncated objects are found and classified worse (Hoiem, Chodpathumwan and Dai 2012), and
 * a camera that was moved cuts more of them. Absent without boxes.
 */
export const cutBoxes: PlainScorer = {
  name: 'cut-boxes',
  family: 'confidence',
  looksAt: 'predictions',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.8,
  measure({ predictions }) {
    if (predictions.kind !== 'detection' || predictions.boxes.length === 0)
      return { kind: 'absent', why: 'no-predictions' };
    const { boxes } = predictions;
    const cut = boxes.filter((box) => touchesEdge(box, predictions)).length;
    return {
      kind: 'measured',
      raw: cut / boxes.length,
      note: `${cut} of ${boxes.length} boxes cut by the edge`,
    };
  },
  uncalibrated: (raw) => fallbackScore(raw, cutBoxes.fallbackLimit, cutBoxes),
  explain: (raw, standing, note = 'Boxes cut by the edge') =>
    `${note}, ${percentage(raw)}: ${compared('more cut', standing)}.`,
};
