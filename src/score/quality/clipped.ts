import { compared, percentage } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Levels from here on are taken for saturated: encoders move a clipped 255 by a level. */
const saturated = 254;

/**
 * Share of pixels with a saturated channel (254 or 255), 0..1: what they showed is lost, however
 * the picture is brightened or darkened later. Exposure beyond the sensor's range, as photographers
 * read it from the right end of a histogram.
 */
export const clipped: PixelScorer = {
  name: 'clipped',
  family: 'quality',
  looksAt: 'pixels',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.4,
  ordinaryLimit: 0.4,
  measure({ plane }) {
    const { brightest, pixels } = statisticsOf(plane);
    let count = 0;
    for (let level = saturated; level < brightest.length; level += 1)
      count += brightest[level] ?? 0;
    return { kind: 'measured', raw: count / pixels };
  },
  uncalibrated: (raw) => fallbackScore(raw, clipped.fallbackLimit, clipped),
  explain: (raw, standing) =>
    `Saturated pixels ${percentage(raw)}: ${compared('more clipped', standing)}.`,
};
