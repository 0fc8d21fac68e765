import { compared } from '../explanation.js';
import { logAverage, statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/**
 * Headroom, in grey levels, 0 (all white) to 255: the log-average of each pixel's distance to
 * white, 255 - luma (ITU-R BT.709). Clipped pixels weigh most, and a pixel that is nearly
 * clipped weighs more than a bright one, so both a burnt-out half and an overall haze lower it.
 */
export const overExposed: PixelScorer = {
  name: 'over-exposed',
  family: 'quality',
  worsensWith: ['over-exposed'],
  looksAt: 'pixels',
  unit: 'grey levels',
  range: [0, 255],
  unusual: 'low',
  fallbackLimit: 37,
  ordinaryLimit: 37,
  usualExcess: 0.27,
  measure({ plane }) {
    return { kind: 'measured', raw: logAverage(statisticsOf(plane).luma, (level) => 255 - level) };
  },
  uncalibrated: (raw) => fallbackScore(raw, overExposed.fallbackLimit, overExposed),
  explain: (raw, standing) =>
    `Headroom to white ${raw.toFixed(1)} of 255: ${compared('closer to burnt out', standing)}.`,
};
