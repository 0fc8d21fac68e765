import { compared } from '../explanation.js';
import type { FormatScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { comparedFormat } from './compared-format.js';
import { distanceToSizes, mostDoublings, sizeWords } from './size-distance.js';

/**
 * How far a picture's size is from the reference's, in doublings of its sides (half the binary
 * logarithm of the ratio of the pixel counts), 0 (as others are) to 16: the distance within which
 * 0.5 % of the reference's pictures lie, less a pixel of rounding. Thumbnails, another resolution, a crop upstream. A network
 * that sees objects at another scale than in training does worse, silently (Touvron, Vedaldi, Douze
 * and Jegou 2019).
 */
export const unusualSize: FormatScorer = {
  name: 'unusual-size',
  family: 'format',
  looksAt: 'format',
  unit: 'doublings',
  range: [0, mostDoublings],
  unusual: 'high',
  fallbackLimit: 1,
  measure(input) {
    const format = comparedFormat(input);
    if (typeof format === 'string') return { kind: 'absent', why: format };
    const raw = distanceToSizes(format, 'side');
    return { kind: 'measured', raw, note: sizeWords(format.format.facts, format.profile) };
  },
  uncalibrated: (raw) => fallbackScore(raw, unusualSize.fallbackLimit, unusualSize),
  explain: (raw, standing, note = 'Size') =>
    `${note}, ${raw.toFixed(2)} doublings off: ${compared('more unusual in size', standing)}.`,
};
