import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { rowProducts } from '../row-products.js';
import type { SeenRows } from './shared-axes.js';

/** A shrunk covariance on shared axes, ready to measure with. */
export interface ShrunkCovariance {
  /** 0 (the sample's own covariance) to 1 (a round one). */
  readonly shrinkage: number;
  /**
   * Lower triangle, row by row in a square of as many rows as there are axes: times an
   * embedding's parts along the axes, the covariance becomes the identity.
   */
  readonly whitening: Float32Array;
  /** Whitened means, one after another: one, or one a class. */
  readonly centres: Float32Array;
  /** Variance in every direction off the axes, after shrinking. */
  readonly offAxes: number;
}

/**
 * Mahalanobis distance from the nearest of the means: 0 up, without unit (Lee et al. 2018, _A
 * Simple Unified Framework_). The covariance is shrunk towards a round one (Ledoit and Wolf 2004),
 * as there are more dimensions than pictures. `along` times `scale` are the embedding's parts along
 * the axes, `squares` is its squared length.
 */
export function mahalanobis(
  { whitening, centres, offAxes }: ShrunkCovariance,
  along: Float64Array,
  squares: number,
  scale = 1,
): number {
  const count = along.length;
  if (white.length !== count) white = new Float64Array(count);
  rowProducts({ rows: count, dimensions: count, values: whitening }, along, white);
  let onAxes = 0;
  for (let axis = 0; axis < count; axis += 1) onAxes += ((along[axis] ?? 0) * scale) ** 2;
  let nearest = Infinity;
  for (let start = 0; start < centres.length; start += count) {
    let sum = 0;
    for (let at = 0; at < count; at += 1) {
      const apart = (white[at] ?? 0) * scale - (centres[start + at] ?? 0);
      sum += apart * apart;
    }
    nearest = Math.min(nearest, sum);
  }
  // Without axes there is one mean, of no parts.
  if (count === 0) nearest = 0;
  return Math.sqrt(nearest + Math.max(0, squares - onAxes) / offAxes);
}

/** Of the picture that is looked at; a new array for each is work for the collector. */
let white = new Float64Array(0);

/**
 * `dimensions` are the embedding's, `of` gives each row's mean, 0 up, or -1 for rows that don't
 * count (pooled within-class covariance); one mean for all unless given.
 */
export function shrunkCovariance(
  { rows, along, squares }: SeenRows,
  dimensions: number,
  of: Int32Array = new Int32Array(rows),
): ShrunkCovariance {
  const { dimensions: count, values } = along;
  const means = meansOf(along.values, count, of);
  const sums = new Float64Array(count * count);
  const apart = new Float64Array(count);
  let counted = 0;
  let offSquares = 0;
  let fourth = 0;
  for (let row = 0; row < rows; row += 1) {
    const mean = of[row] ?? -1;
    if (mean < 0) continue;
    counted += 1;
    let inside = 0;
    let onAxes = 0;
    for (let at = 0; at < count; at += 1) {
      const value = values[row * count + at] ?? 0;
      const off = value - (means[mean * count + at] ?? 0);
      apart[at] = off;
      inside += off * off;
      onAxes += value * value;
    }
    for (let i = 0; i < count; i += 1) {
      const factor = apart[i] ?? 0;
      for (let j = 0; j <= i; j += 1) {
        sums[i * count + j] = (sums[i * count + j] ?? 0) + factor * (apart[j] ?? 0);
      }
    }
    const outside = Math.max(0, (squares[row] ?? 0) - onAxes);
    offSquares += outside;
    fourth += (inside + outside) ** 2;
  }

  // Ledoit and Wolf's lemma 3.4 in sums of squares; the variances off the axes taken as equal.
  const offCount = Math.max(1, dimensions - count);
  const rest = offSquares / counted / offCount;
  let trace = rest * offCount;
  let sumOfSquares = offCount * rest * rest;
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      const each = (sums[i * count + j] ?? 0) / counted;
      sumOfSquares += (i === j ? 1 : 2) * each * each;
      if (i === j) trace += each;
    }
  }
  const average = trace / dimensions;
  const error = Math.max(0, (fourth / counted - sumOfSquares) / counted);
  const spread = sumOfSquares - dimensions * average * average;
  const shrinkage = spread > 0 ? Math.min(1, error / spread) : 1;
  const floor = Math.max(1e-9 * average, 1e-12);
  const covariance = Matrix.zeros(count, count);
  for (let i = 0; i < count; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      const own = ((1 - shrinkage) * (sums[i * count + j] ?? 0)) / counted;
      covariance.set(i, j, own + (i === j ? shrinkage * average + floor : 0));
      covariance.set(j, i, covariance.get(i, j));
    }
  }
  const whitening = whiteningOf(covariance);
  return {
    shrinkage,
    whitening,
    centres: whitened(whitening, means, count),
    offAxes: Math.max(floor, (1 - shrinkage) * rest + shrinkage * average),
  };
}

function meansOf(values: Float32Array, count: number, of: Int32Array): Float64Array {
  const sizes = new Float64Array(Math.max(0, ...of) + 1);
  const means = new Float64Array(sizes.length * count);
  for (const [row, mean] of of.entries()) {
    if (mean < 0) continue;
    sizes[mean] = (sizes[mean] ?? 0) + 1;
    for (let at = 0; at < count; at += 1) {
      means[mean * count + at] = (means[mean * count + at] ?? 0) + (values[row * count + at] ?? 0);
    }
  }
  return means.map((sum, at) => sum / Math.max(1, sizes[Math.floor(at / count)] ?? 1));
}

/** The inverse of the lower Cholesky factor. */
function whiteningOf(covariance: Matrix): Float32Array {
  const count = covariance.rows;
  const whitening = new Float64Array(count * count);
  if (count === 0) return new Float32Array(0);
  const lower = new CholeskyDecomposition(covariance).lowerTriangularMatrix;
  for (let column = 0; column < count; column += 1) {
    for (let row = column; row < count; row += 1) {
      let sum = row === column ? 1 : 0;
      for (let at = column; at < row; at += 1) {
        sum -= lower.get(row, at) * (whitening[at * count + column] ?? 0);
      }
      whitening[row * count + column] = sum / lower.get(row, row);
    }
  }
  return Float32Array.from(whitening);
}

function whitened(whitening: Float32Array, means: Float64Array, count: number): Float32Array {
  return Float32Array.from(means, (_, place) => {
    const axis = place % count;
    let sum = 0;
    for (let at = 0; at <= axis; at += 1) {
      sum += (whitening[axis * count + at] ?? 0) * (means[place - axis + at] ?? 0);
    }
    return sum;
  });
}
