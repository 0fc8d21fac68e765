import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { rowProducts } from '../row-products.js';
import { addScaled, dot, meanRow } from '../novelty/principal-axes.js';

/** A direction in which the pictures of one side differ from those of the other. */
export interface LogisticDirection {
  /** `dimensions` long. */
  readonly weights: Float32Array;
  readonly offset: number;
}

/** Log-odds of being of the second side rather than the first, without bound. */
export function logOddsAlong(
  { weights, offset }: LogisticDirection,
  embedding: Float32Array,
): number {
  return dot(weights, 0, embedding, 0, weights.length) + offset;
}

const mostIterations = 80;

/**
 * Logistic regression of two sides that weigh the same, by Nesterov's accelerated gradient.
 * `penalty` is of half the squared weights, on features of average deviation 1.
 */
export function logisticDirection(
  first: EmbeddingMatrix,
  second: EmbeddingMatrix,
  penalty: number,
): LogisticDirection {
  const { dimensions } = first;
  const mean = meanRow(first);
  const deviation = averageDeviation(first, mean) || 1;
  const sides = [
    { features: standardised(first, mean, deviation), sign: -1 },
    { features: standardised(second, mean, deviation), sign: 1 },
  ].filter(({ features }) => features.rows > 0);
  // The offset is the weight of one more feature, as large as the others' main direction.
  const moment = largestMoment(sides, dimensions);
  const slope = 0.5 * moment + penalty;

  let weights = new Float32Array(dimensions);
  let offset = 0;
  let ahead = weights.slice();
  let aheadOffset = offset;
  const momentum = (1 - Math.sqrt(penalty / slope)) / (1 + Math.sqrt(penalty / slope));
  // Each takes the share root(penalty / slope) off what is left: down to 1 in 3,000.
  const iterations = Math.min(mostIterations, Math.ceil(8 * Math.sqrt(slope / penalty)));
  for (let round = 0; round < iterations; round += 1) {
    const gradient = ahead.map((weight) => weight * penalty);
    let offsetGradient = 0;
    for (const { features, sign } of sides) {
      const pulls = rowProducts(features, ahead).map(
        (along) => ((-sign / (1 + Math.exp(sign * (along + aheadOffset)))) * 0.5) / features.rows,
      );
      addRows(gradient, features, pulls);
      for (const pull of pulls) offsetGradient += pull;
    }
    const next = ahead.map((weight, at) => weight - (gradient[at] ?? 0) / slope);
    const nextOffset = aheadOffset - (offsetGradient * moment) / slope;
    ahead = next.map((weight, at) => weight + momentum * (weight - (weights[at] ?? 0)));
    aheadOffset = nextOffset + momentum * (nextOffset - offset);
    weights = next;
    offset = nextOffset;
  }
  const scaled = weights.map((weight) => weight / deviation);
  return { weights: scaled, offset: offset - dot(scaled, 0, mean, 0, dimensions) };
}

function averageDeviation(
  { rows, dimensions, values }: EmbeddingMatrix,
  mean: Float32Array,
): number {
  const squares = new Float64Array(dimensions);
  for (let row = 0; row < rows; row += 1) {
    for (let at = 0; at < dimensions; at += 1) {
      const off = (values[row * dimensions + at] ?? 0) - (mean[at] ?? 0);
      squares[at] = (squares[at] ?? 0) + off * off;
    }
  }
  return squares.reduce((sum, each) => sum + Math.sqrt(each / rows), 0) / dimensions;
}

function standardised(
  { rows, dimensions, values }: EmbeddingMatrix,
  mean: Float32Array,
  deviation: number,
): EmbeddingMatrix {
  const features = new Float32Array(rows * dimensions);
  for (let row = 0; row < rows; row += 1) {
    for (let at = 0; at < dimensions; at += 1) {
      const place = row * dimensions + at;
      features[place] = ((values[place] ?? 0) - (mean[at] ?? 0)) / deviation;
    }
  }
  return { rows, dimensions, values: features };
}

/** The largest eigenvalue of the features' second moments, a little above, by power iteration. */
function largestMoment(
  sides: readonly { readonly features: EmbeddingMatrix }[],
  dimensions: number,
): number {
  let direction = new Float32Array(dimensions).fill(1 / Math.sqrt(dimensions));
  let largest = 0;
  for (let round = 0; round < 12; round += 1) {
    const next = new Float32Array(dimensions);
    for (const { features } of sides) {
      const along = rowProducts(features, direction);
      addRows(
        next,
        features,
        along.map((each) => (0.5 * each) / features.rows),
      );
    }
    largest = Math.sqrt(dot(next, 0, next, 0, dimensions));
    if (largest === 0) return 0;
    direction = next.map((value) => value / largest);
  }
  return 1.1 * largest;
}

/** to += sum of factor * row, over the rows of a matrix; four at a time. */
function addRows(
  to: Float32Array,
  { rows, dimensions, values }: EmbeddingMatrix,
  factors: Float64Array,
): void {
  let row = 0;
  for (const whole = rows - 3; row < whole; row += 4) {
    const factor0 = factors[row] ?? 0;
    const factor1 = factors[row + 1] ?? 0;
    const factor2 = factors[row + 2] ?? 0;
    const factor3 = factors[row + 3] ?? 0;
    const start0 = row * dimensions;
    const start1 = start0 + dimensions;
    const start2 = start1 + dimensions;
    const start3 = start2 + dimensions;
    for (let at = 0; at < dimensions; at += 1) {
      to[at] =
        (to[at] ?? 0) +
        factor0 * (values[start0 + at] ?? 0) +
        factor1 * (values[start1 + at] ?? 0) +
        factor2 * (values[start2 + at] ?? 0) +
        factor3 * (values[start3 + at] ?? 0);
    }
  }
  for (; row < rows; row += 1) {
    addScaled(to, 0, values, row * dimensions, dimensions, factors[row] ?? 0);
  }
}
