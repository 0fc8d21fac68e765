import { compared } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Of the tiles, at either end: a lamp or a window does not make a picture uneven. */
const aside = 0.1;

/**
 * Stops (powers of two) between the bright and the dark tiles of an 8 x 8 grid, 0..8: the 90th
 * from the 10th percentile of log2 of their mean luma. Backlight, a spotlight, half a picture in
 * the shade, a lens that darkens its corners.
 */
export const unevenLight: PixelScorer = {
  name: 'uneven-light',
  family: 'quality',
  looksAt: 'pixels',
  unit: 'stops',
  range: [0, 8],
  unusual: 'high',
  fallbackLimit: 4.5,
  ordinaryLimit: 4.5,
  usualExcess: 0.14,
  measure({ plane }) {
    const { means } = statisticsOf(plane).tiles;
    const stops = means.map((mean) => Math.log2(mean + 1)).sort((a, b) => a - b);
    const at = (share: number) => stops[Math.round(share * (stops.length - 1))] ?? 0;
    return { kind: 'measured', raw: Math.min(8, at(1 - aside) - at(aside)) };
  },
  uncalibrated: (raw) => fallbackScore(raw, unevenLight.fallbackLimit, unevenLight),
  explain: (raw, standing) =>
    `Bright and dark parts ${raw.toFixed(1)} stops apart: ${compared('less even', standing)}.`,
};
