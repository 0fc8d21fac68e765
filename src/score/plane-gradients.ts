import { coarseStep, grainSquare } from './plane-kernel.js';
import type { PlaneCounts } from './plane-kernel.js';

/**
 * Steepness of the luma, once over neighbouring pixels (`fine`) and once over neighbouring squares
 * of `coarseStep` pixels (`coarse`).
 */
export interface PlaneGradients {
  readonly fine: StructureTensor;
  readonly coarse: StructureTensor;
  /** Variance of the grain, grey levels squared; 0 where the plane is too small to tell. */
  readonly noise: number;
  readonly isTooSmallForNoise: boolean;
}

/**
 * Mean squares of the slope across and down, and the mean of their product, by the operator of
 * Sobel and Feldman (1968), in (grey levels per pixel) squared: with them, that of any direction
 * is known (Förstner and Gülch 1987). Differences of neighbours alone would not do: along a
 * slanting line they are those of other pixels than across it.
 */
export interface StructureTensor {
  readonly across: number;
  readonly down: number;
  readonly product: number;
}

/** Part of the grain's variance in a squared slope: Sobel's weights, squared, over 8 squared. */
export const grainInSlope = 12 / 64;

/** Fewer squares than this may all hold texture; then none of it is taken for grain. */
const minNoiseSquares = 50;

/** The share of squares that are taken to hold no texture. */
const smoothShare = 0.1;

export function gradientsOf(width: number, height: number, counts: PlaneCounts): PlaneGradients {
  const coarseWidth = Math.floor(width / coarseStep);
  const coarseHeight = Math.floor(height / coarseStep);
  return {
    fine: tensorOf(counts.fineSlopes, width, height, 1),
    // Sums of squares of pixels are coarseStep squared times their mean, coarseStep pixels apart.
    coarse: tensorOf(counts.coarseSlopes, coarseWidth, coarseHeight, coarseStep ** 3),
    noise: noiseVariance(counts.grain),
    isTooSmallForNoise: counts.grain.length < minNoiseSquares,
  };
}

function tensorOf(
  [across = 0, down = 0, product = 0]: readonly number[],
  width: number,
  height: number,
  unit: number,
): StructureTensor {
  const each = Math.max(1, width - 2) * Math.max(1, height - 2) * (8 * unit) ** 2;
  return { across: across / each, down: down / each, product: product / each };
}

/**
 * Variance of the grain: the mean squared answer of Immerkær's (1996) Laplacian difference
 * mask, which is blind to planes and to straight edges along the axes, in the smoothest tenth
 * of the squares.
 */
function noiseVariance(grain: Int32Array): number {
  if (grain.length < minNoiseSquares) return 0;
  const smooth = grain.toSorted()[Math.floor(smoothShare * (grain.length - 1))] ?? 0;
  // The mask's own weights have a sum of squares of 36.
  return smooth / (grainSquare ** 2 * 36);
}
