import { coarseStep, grainSquare } from './plane-kernel.js';
import type { PlaneCounts } from './plane-kernel.js';

/**
 * Steepness of the luma in four directions, once between neighbouring pixels (`fine`) and once
 * between neighbouring squares of `coarseStep` pixels (`coarse`). Mean squares, in (grey levels
 * per pixel) squared; the order is: right, down, down-right, down-left.
 */
export interface PlaneGradients {
  readonly fine: readonly number[];
  readonly coarse: readonly number[];
  /** Variance of the grain, grey levels squared; 0 where the plane is too small to tell. */
  readonly noise: number;
}

/** Fewer squares than this may all hold texture; then none of it is taken for grain. */
const minNoiseSquares = 50;

/** The share of squares that are taken to hold no texture. */
const smoothShare = 0.1;

export function gradientsOf(width: number, height: number, counts: PlaneCounts): PlaneGradients {
  const coarseWidth = Math.floor(width / coarseStep);
  const coarseHeight = Math.floor(height / coarseStep);
  // Sums of squares of pixels are coarseStep squared times their mean, coarseStep pixels apart.
  const coarseUnit = coarseStep ** 6;
  return {
    fine: meanSlopes(counts.fineSlopes, width, height),
    coarse: meanSlopes(counts.coarseSlopes, coarseWidth, coarseHeight).map(
      (slope) => slope / coarseUnit,
    ),
    noise: noiseVariance(counts.grain),
  };
}

/** Mean squared difference to the neighbour in each direction; the diagonal is longer by √2. */
function meanSlopes(sums: readonly number[], width: number, height: number): number[] {
  const count = Math.max(1, (width - 1) * (height - 1));
  return sums.map((sum, direction) => sum / (direction < 2 ? count : 2 * count));
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
