import { compared } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Tiles set aside at either end: a time stamp or a logo is black and white in any fog. */
const tilesAside = 3;

/**
 * Spread of the luma (ITU-R BT.709), in grey levels, 0 (a uniform frame) to 255: the plane is
 * cut into 8 x 8 tiles, each gives its lowest and its highest luma (0.2 % of its pixels aside),
 * and the fourth lowest low is taken from the fourth highest high. A trimmed range: most scenes
 * have something black and something white in several places, which fog, glare and a dirty lens
 * take away; a percentile range over the whole plane depends on how much of each there is.
 */
export const lowContrast: PixelScorer = {
  name: 'low-contrast',
  family: 'quality',
  looksAt: 'pixels',
  unit: 'grey levels',
  range: [0, 255],
  unusual: 'low',
  fallbackLimit: 110,
  ordinaryLimit: 110,
  usualExcess: 0.17,
  measure({ plane }) {
    const { lows, highs } = statisticsOf(plane).tiles;
    const aside = Math.min(tilesAside, Math.floor((lows.length - 1) / 2));
    const low = lows.toSorted((a, b) => a - b)[aside] ?? 0;
    const high = highs.toSorted((a, b) => b - a)[aside] ?? 0;
    return { kind: 'measured', raw: Math.max(0, high - low) };
  },
  uncalibrated: (raw) => fallbackScore(raw, lowContrast.fallbackLimit, lowContrast),
  explain: (raw, standing) =>
    `Luma spread ${raw.toFixed(0)} of 255: ${compared('flatter', standing)}.`,
};
