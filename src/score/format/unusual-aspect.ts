import { compared } from '../explanation.js';
import type { FormatScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { comparedFormat } from './compared-format.js';
import { distanceToSizes, mostDoublings, sizeWords } from './size-distance.js';

/**
 * How far a picture's width over height is from the reference's, in doublings, 0 (as others are) to
 * 16: the distance within which 0.5 % of the reference's pictures lie, less a pixel of rounding. A picture that was stretched
 * or cropped upstream, or turned by a quarter.
 */
export const unusualAspect: FormatScorer = {
  name: 'unusual-aspect',
  family: 'format',
  looksAt: 'format',
  unit: 'doublings',
  range: [0, mostDoublings],
  unusual: 'high',
  fallbackLimit: 0.5,
  measure(input) {
    const format = comparedFormat(input);
    if (typeof format === 'string') return { kind: 'absent', why: format };
    const { width, height } = format.format.facts;
    const raw = distanceToSizes(format, 'aspect');
    const aspect = `Width over height ${(width / height).toFixed(2)}`;
    return {
      kind: 'measured',
      raw,
      note: `${aspect} of ${sizeWords(format.format.facts, format.profile)}`,
    };
  },
  uncalibrated: (raw) => fallbackScore(raw, unusualAspect.fallbackLimit, unusualAspect),
  explain: (raw, standing, note = 'Width over height') =>
    `${note}, ${raw.toFixed(2)} doublings off: ${compared('more unusual in shape', standing)}.`,
};
