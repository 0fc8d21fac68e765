import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { principalAxes, project } from './principal-axes.js';
import type { PrincipalAxes, Projection, RowCentres } from './principal-axes.js';

/** A shrunk covariance, as variances along axes and one for all that is off them. */
export interface ShrunkCovariance {
  readonly axes: PrincipalAxes;
  /** 0 (the sample's own covariance) to 1 (a round one). */
  readonly shrinkage: number;
  /** Along each axis, after shrinking. */
  readonly variances: Float64Array;
  /** In every direction off the axes, after shrinking. */
  readonly offAxes: number;
}

/**
 * Mahalanobis distance from the reference's mean: 0 up, without unit (Lee et al. 2018, _A Simple
 * Unified Framework_). The covariance is shrunk towards a round one (Ledoit and Wolf 2004), as
 * there are more dimensions than pictures.
 */
export function mahalanobis(covariance: ShrunkCovariance, seen: Projection): number {
  let sum = 0;
  let onAxes = 0;
  for (const [axis, coefficient] of seen.coefficients.entries()) {
    const squared = coefficient * coefficient;
    sum += squared / (covariance.variances[axis] ?? 1);
    onAxes += squared;
  }
  return Math.sqrt(sum + Math.max(0, seen.squares - onAxes) / covariance.offAxes);
}

/** A class's mean, and how it lies on the axes: half of every distance to it, taken beforehand. */
export interface ClassCentre {
  readonly mean: Float32Array;
  readonly seen: Projection;
}

export function classCentre({ axes }: ShrunkCovariance, mean: Float32Array): ClassCentre {
  return { mean, seen: project(axes, mean) };
}

/** To the nearest of the class means, by the covariance within classes. */
export function classMahalanobis(
  covariance: ShrunkCovariance,
  centres: readonly ClassCentre[],
  embedding: Float32Array,
  seen: Projection,
): number {
  let nearest = Infinity;
  for (const { mean, seen: centre } of centres) {
    let squares = 0;
    for (let at = 0; at < mean.length; at += 1) {
      squares += ((embedding[at] ?? 0) - (mean[at] ?? 0)) ** 2;
    }
    const coefficients = seen.coefficients.map(
      (coefficient, axis) => coefficient - (centre.coefficients[axis] ?? 0),
    );
    nearest = Math.min(nearest, mahalanobis(covariance, { coefficients, squares }));
  }
  return nearest;
}

export function shrunkCovariance(
  matrix: EmbeddingMatrix,
  centres?: RowCentres,
  near?: PrincipalAxes,
): ShrunkCovariance {
  const { rows, dimensions, values } = matrix;
  const axes = principalAxes(matrix, { centres, near });
  const average = axes.total / dimensions;
  const onAxes = axes.variances.reduce((sum, variance) => sum + variance, 0);
  const offCount = Math.max(1, dimensions - axes.variances.length);
  const rest = Math.max(0, axes.total - onAxes) / offCount;

  // Ledoit and Wolf's lemma 3.4 in sums of squares; the variances off the axes taken as equal.
  let fourth = 0;
  for (let row = 0; row < rows; row += 1) {
    const centre = centres === undefined ? axes.mean : centres.means[centres.of[row] ?? 0];
    let squares = 0;
    for (let at = 0; at < dimensions; at += 1) {
      squares += ((values[row * dimensions + at] ?? 0) - (centre?.[at] ?? 0)) ** 2;
    }
    fourth += squares * squares;
  }
  const sumOfSquares =
    axes.variances.reduce((sum, variance) => sum + variance * variance, 0) + offCount * rest * rest;
  const error = Math.max(0, (fourth / rows - sumOfSquares) / rows);
  const spread = sumOfSquares - dimensions * average * average;
  const shrinkage = spread > 0 ? Math.min(1, error / spread) : 1;
  const floor = Math.max(1e-9 * average, 1e-12);
  const shrunk = (variance: number) =>
    Math.max(floor, (1 - shrinkage) * variance + shrinkage * average);
  return { axes, shrinkage, variances: axes.variances.map(shrunk), offAxes: shrunk(rest) };
}
