import { compared, percentage } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Grey levels: what a cover lets through, with the grain of a sensor in the dark. */
const darkest = 48;
const flattest = 24;

/** Grey levels: a part of one level is no scene, unless it is burnt out, which `clipped` tells. */
const oneLevel = 3;
const burntOut = 250;
/** Of a tile; fewer may be of one level anywhere. */
const fewestPixels = 16;

/**
 * Share of the picture's 8 x 8 tiles that are empty: dark besides (highest luma at most 48, and at most
 * 24 above the lowest, 0.2 % of the pixels aside at either end), or of one level (at most 3 apart, below
 * 250), 0..1: a hand, a cap, dirt or a part of the housing before the lens, or a part of the frame that
 * was lost on its way. Shadows are as dark, and skies as bright, but rarely empty over much of a picture;
 * a bright cover over all of it shows as low contrast.
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
    const { pixels, tiles } = statisticsOf(plane);
    const { lows, highs } = tiles;
    const isTold = pixels >= fewestPixels * highs.length;
    const covered = highs.filter((high, tile) => {
      const spread = high - (lows[tile] ?? 0);
      return (
        (high <= darkest && spread <= flattest) || (isTold && high < burntOut && spread <= oneLevel)
      );
    });
    return { kind: 'measured', raw: covered.length / highs.length };
  },
  uncalibrated: (raw) => fallbackScore(raw, coveredLens.fallbackLimit, coveredLens),
  explain: (raw, standing) =>
    `Empty parts ${percentage(raw)} of the picture: ${compared('more covered', standing)}.`,
};
