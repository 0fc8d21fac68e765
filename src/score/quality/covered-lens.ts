import { compared, percentage } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Grey levels: what a cover lets through, with the grain of a sensor in the dark. */
const darkest = 48;
const flattest = 24;

/**
 * Share of the picture's 8 x 8 tiles that are dark and empty at once (highest luma at most 48, and
 * at most 24 above the lowest, 0.2 % of the pixels aside at either end), 0..1: a hand, a cap, dirt
 * or a part of the housing before the lens. Shadows are as dark, but rarely empty over much of a
 * picture; a bright cover shows as low contrast.
 */
export const coveredLens: PixelScorer = {
  name: 'covered-lens',
  family: 'quality',
  looksAt: 'pixels',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.36,
  ordinaryLimit: 0.36,
  usualExcess: 0.11,
  measure({ plane }) {
    const { lows, highs } = statisticsOf(plane).tiles;
    const covered = highs.filter(
      (high, tile) => high <= darkest && high - (lows[tile] ?? 0) <= flattest,
    );
    return { kind: 'measured', raw: covered.length / highs.length };
  },
  uncalibrated: (raw) => fallbackScore(raw, coveredLens.fallbackLimit, coveredLens),
  explain: (raw, standing) =>
    `Dark and empty parts ${percentage(raw)} of the picture: ${compared('more covered', standing)}.`,
};
