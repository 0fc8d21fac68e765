import { compared } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Grey levels: steps below it are rounding, and no block shows on a flat wall. */
const floor = 0.02;

/** A grid that stands out by e to this is as blocky as pictures get. */
const most = 8;

/**
 * How far the steps on the lines of an 8 x 8 grid stand out from those between them, ln of the
 * ratio of their mean sizes, mean of both directions, 0 (no grid) to 8: the blocks of JPEG and of
 * most video codecs (Wang, Sheikh and Bovik 2002). The grid may begin anywhere. Of JPEG
 * that are shrunk for the other measurements, it is looked for in a strip of the original; of
 * other formats beyond 512 pixels it can't be seen. The last encoding need not have made it, which
 * is why the file's own quantisation tables are not asked.
 */
export const compression: PixelScorer = {
  name: 'compression',
  family: 'quality',
  looksAt: 'pixels',
  unit: 'log ratio',
  range: [0, most],
  unusual: 'high',
  fallbackLimit: 0.33,
  ordinaryLimit: 0.33,
  usualExcess: 0.014,
  measure({ plane }) {
    const { across, down } = statisticsOf(plane).grid;
    return { kind: 'measured', raw: Math.min(most, (standsOut(across) + standsOut(down)) / 2) };
  },
  uncalibrated: (raw) => fallbackScore(raw, compression.fallbackLimit, compression),
  explain: (raw, standing) =>
    `Steps on a grid of 8 pixels are ${Math.exp(raw).toFixed(2)} times as high as between its lines: ` +
    `${compared('blockier', standing)}.`,
};

/** The highest of the eight mean steps against the middle one of the others. */
function standsOut(means: readonly number[]): number {
  const ascending = means.toSorted((a, b) => a - b);
  const highest = ascending[7] ?? 0;
  const middle = ascending[3] ?? 0;
  return Math.log((highest + floor) / (middle + floor));
}
