import { compared, percentage } from '../explanation.js';
import { grainInSlope } from '../plane-gradients.js';
import type { PlaneGradients, StructureTensor } from '../plane-gradients.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Slopes below this can't be told from rounding to 8 bits; (grey levels per pixel) squared. */
const roundingSlope = 0.01;

/**
 * Smoothness, 0 (every edge is one pixel wide) to 1 (nothing is finer than four pixels): the
 * root mean square slope between squares of four pixels over the one between neighbouring
 * pixels, without the grain's part in it, in the smoothest of eight directions.
 *
 * A ratio of two scales, as in the re-blur measure of Crete et al. 2007, whose own reblurring is
 * replaced by the coarse plane. The variance of the Laplacian (Pech-Pacheco et al. 2000; Pertuz
 * et al. 2013) falls as well in dim light, in fog and on plain scenes; the ratio keeps still, as
 * both slopes change alike. One direction is enough, because motion blurs along its path only.
 */
export const blur: PixelScorer = {
  name: 'blur',
  family: 'quality',
  worsensWith: ['defocused'],
  looksAt: 'pixels',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.57,
  ordinaryLimit: 0.57,
  usualExcess: 0.1,
  measure({ plane }) {
    return { kind: 'measured', raw: smoothness(statisticsOf(plane).gradients) };
  },
  uncalibrated: (raw) => fallbackScore(raw, blur.fallbackLimit, blur),
  explain: (raw, standing) =>
    `Smoothness ${percentage(raw)}: ${compared('more blurred', standing)}.`,
};

function smoothness(gradients: PlaneGradients): number {
  return Math.max(...smoothnessByDirection(gradients));
}

/** Directions between right (0) and left (8), an eighth of a half turn apart. */
const directions = 8;

/**
 * Each 0..1, for directions 22.5 degrees apart, from right by way of down-right and down: the
 * slopes' structure tensors are quadratic forms of the direction.
 */
export function smoothnessByDirection({ fine, coarse, noise }: PlaneGradients): readonly number[] {
  return Array.from({ length: directions }, (_, at) => {
    const angle = (at * Math.PI) / directions;
    const sharp = Math.max(0, slopeAlong(fine, angle) - grainInSlope * noise) + roundingSlope;
    const smooth = Math.max(0, slopeAlong(coarse, angle)) + roundingSlope;
    return Math.min(1, Math.sqrt(smooth / sharp));
  });
}

function slopeAlong({ across, down, product }: StructureTensor, angle: number): number {
  const [x, y] = [Math.cos(angle), Math.sin(angle)];
  return across * x * x + down * y * y + 2 * product * x * y;
}
