import { compared } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/**
 * Mean of the darkest channel of any pixel in squares of 16 x 16, grey levels, 0..255: the dark
 * channel of He, Sun and Tang (2009). Nearly every patch of a clear outdoor picture holds a shadow,
 * a dark thing or a saturated colour; fog, smoke, condensation and glare lay light over them all.
 */
export const haze: PixelScorer = {
  name: 'haze',
  family: 'quality',
  looksAt: 'pixels',
  unit: 'grey levels',
  range: [0, 255],
  unusual: 'high',
  fallbackLimit: 140,
  ordinaryLimit: 140,
  usualExcess: 0.14,
  measure({ plane }) {
    return { kind: 'measured', raw: statisticsOf(plane).darkChannel };
  },
  uncalibrated: (raw) => fallbackScore(raw, haze.fallbackLimit, haze),
  explain: (raw, standing) =>
    `Dark channel ${raw.toFixed(0)} of 255: ${compared('hazier', standing)}.`,
};
