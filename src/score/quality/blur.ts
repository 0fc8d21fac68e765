import { compared, percentage } from '../explanation.js';
import type { PlaneGradients } from '../plane-gradients.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Slopes below this can't be told from rounding to 8 bits; (grey levels per pixel) squared. */
const roundingSlope = 0.01;

/**
 * Smoothness, 0 (every edge is one pixel wide) to 1 (nothing is finer than four pixels): the
 * root mean square slope between squares of four pixels over the one between neighbouring
 * pixels, without the grain's part in it, in the smoothest of four directions.
 *
 * A ratio of two scales, as in the re-blur measure of Crete et al. 2007, whose own reblurring is
 * replaced by the coarse plane. The variance of the Laplacian (Pech-Pacheco et al. 2000; Pertuz
 * et al. 2013) falls as well in dim light, in fog and on plain scenes; the ratio keeps still, as
 * both slopes change alike. One direction is enough, because motion blurs along its path only.
 */
export const blur: PixelScorer = {
  name: 'blur',
  family: 'quality',
  looksAt: 'pixels',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.6,
  ordinaryLimit: 0.6,
  measure({ plane }) {
    return { kind: 'measured', raw: smoothness(statisticsOf(plane).gradients) };
  },
  uncalibrated: (raw) => fallbackScore(raw, blur.fallbackLimit, blur),
  explain: (raw, standing) =>
    `Smoothness ${percentage(raw)}: ${compared('more blurred', standing)}.`,
};

function smoothness(gradients: PlaneGradients): number {
  return Math.max(0, ...smoothnessByDirection(gradients));
}

/** Each 0..1; in the order of `PlaneGradients`. */
export function smoothnessByDirection({ fine, coarse, noise }: PlaneGradients): readonly number[] {
  return fine.map((slope, direction) => {
    // Grain adds its variance twice to a difference; diagonal slopes are halved (√2 apart).
    const grain = direction < 2 ? 2 * noise : noise;
    const sharp = Math.max(0, slope - grain) + roundingSlope;
    const smooth = (coarse[direction] ?? 0) + roundingSlope;
    return Math.min(1, Math.sqrt(smooth / sharp));
  });
}
