import { compared } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/**
 * Shannon's entropy of the luma's 256 levels, bits, 0 (one level) to 8: what a picture could tell
 * at most. A blank wall, a test card, a frame that did not arrive, a tone curve that crushed most
 * levels.
 */
export const lowInformation: PixelScorer = {
  name: 'low-information',
  family: 'quality',
  looksAt: 'pixels',
  unit: 'bits',
  range: [0, 8],
  unusual: 'low',
  fallbackLimit: 4,
  ordinaryLimit: 4,
  usualExcess: 0.07,
  measure({ plane }) {
    const { luma, pixels } = statisticsOf(plane);
    let bits = 0;
    for (const count of luma) {
      if (count > 0) bits -= (count / pixels) * Math.log2(count / pixels);
    }
    return { kind: 'measured', raw: Math.min(8, Math.max(0, bits)) };
  },
  uncalibrated: (raw) => fallbackScore(raw, lowInformation.fallbackLimit, lowInformation),
  explain: (raw, standing) =>
    `Entropy of the luma ${raw.toFixed(2)} of 8 bits: ${compared('emptier', standing)}.`,
};
