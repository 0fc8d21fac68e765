import type { EmbeddingMatrix } from '../embedding-matrix.js';
import { rowProducts } from '../row-products.js';
import { addRows, dot, meanRow } from './principal-axes.js';

/** A direction in which spoilt pictures differ from the reference's. */
export interface ExposedDirection {
  /** `dimensions` long. */
  readonly weights: Float32Array;
  readonly offset: number;
}

/**
 * Log-odds of being spoilt rather than the reference's, without bound; `scale` brings the embedding
 * to length 1.
 */
export function exposedScore(
  { weights, offset }: ExposedDirection,
  embedding: Float32Array,
  scale = 1,
): number {
  return scale * dot(weights, 0, embedding, 0, weights.length) + offset;
}

const mostIterations = 80;

/**
 * Outlier exposure (Hendrycks, Mazeika and Dietterich 2019) without retraining the network:
 * logistic regression of spoilt pictures against the reference's, both sides weighing the same,
 * by Nesterov's accelerated gradient. A `penalty` (of half the squared weights, on features of
 * average deviation 1) of 10 keeps the direction near the difference of the means, which carries
 * over to kinds of outlier that it never saw; 1 follows the spoilt pictures closer.
 */
export function exposedDirection(
  ordinary: EmbeddingMatrix,
  spoilt: EmbeddingMatrix,
  penalty: number,
): ExposedDirection {
  const { dimensions } = ordinary;
  const mean = meanRow(ordinary);
  const deviation = averageDeviation(ordinary, mean) || 1;
  const sides = [
    { features: standardised(ordinary, mean, deviation), sign: -1 },
    { features: standardised(spoilt, mean, deviation), sign: 1 },
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
