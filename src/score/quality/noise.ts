import { compared } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/**
 * Standard deviation of the grain in the smoothest tenth of the picture, grey levels, 0 to 340:
 * Immerkær 1996, by squares, so that texture is not taken for grain (see plane-gradients.ts).
 * High gain in poor light, a failing sensor, interference. 0 where the picture is too small to
 * tell.
 */
export const noise: PixelScorer = {
  name: 'noise',
  family: 'quality',
  looksAt: 'pixels',
  unit: 'grey levels',
  range: [0, 340],
  unusual: 'high',
  fallbackLimit: 9,
  ordinaryLimit: 9,
  usualExcess: 0.005,
  measure({ plane }) {
    const { noise: variance, isTooSmallForNoise } = statisticsOf(plane).gradients;
    return {
      kind: 'measured',
      raw: Math.sqrt(variance),
      note: isTooSmallForNoise ? 'The picture is too small to tell grain from texture' : undefined,
    };
  },
  uncalibrated: (raw) => fallbackScore(raw, noise.fallbackLimit, noise),
  explain: (raw, standing, note) =>
    note === undefined
      ? `Grain of ${raw.toFixed(1)} grey levels: ${compared('noisier', standing)}.`
      : `${note}; it counts as ${raw.toFixed(1)} grey levels.`,
};
