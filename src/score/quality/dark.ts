import { compared } from '../explanation.js';
import { logAverage, percentileLevel, statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Where the highlights are read: above it lie lamps and glints, which light up no picture. */
const highlightShare = 0.98;

/**
 * Brightness, in grey levels, 0 (a black frame) to 255: sqrt(h * k), where h is the 98th
 * percentile of the pixels' brightest channel (the highlights) and k the log-average of the
 * luma of ITU-R BT.709 (the `key` of Reinhard et al. 2002). Underexposure pulls down the
 * highlights, which ordinary dark scenes keep; a steep tone curve keeps the highlights and pulls
 * down the key; each half sees what the other one misses.
 */
export const dark: PixelScorer = {
  name: 'dark',
  family: 'quality',
  worsensWith: ['dark'],
  looksAt: 'pixels',
  unit: 'grey levels',
  range: [0, 255],
  unusual: 'low',
  fallbackLimit: 60,
  ordinaryLimit: 60,
  usualExcess: 0.15,
  measure({ plane }) {
    const { brightest, luma } = statisticsOf(plane);
    const highlights = percentileLevel(brightest, highlightShare);
    const key = logAverage(luma, (level) => level);
    return { kind: 'measured', raw: Math.sqrt(highlights * key) };
  },
  uncalibrated: (raw) => fallbackScore(raw, dark.fallbackLimit, dark),
  explain: (raw, standing) =>
    `Brightness ${raw.toFixed(1)} of 255: ${compared('darker', standing)}.`,
};
