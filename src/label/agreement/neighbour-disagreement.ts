import type { LabelledNeighbour } from '../../score/neighbours.js';
import { tally } from './coefficient.js';

export interface NeighbourRule {
  /** Labelled neighbours below which nothing is said. */
  readonly leastNeighbours: number;
  /** Share of the weight that another class must have, above 0.5 to 1. */
  readonly leastShare: number;
}

export interface NeighbourDisagreement {
  /** The class that the neighbours have. */
  readonly class: string;
  /** Its share of the weight, 0..1. */
  readonly share: number;
  /** Neighbours of that class, of the label's class, and in all. */
  readonly others: number;
  readonly same: number;
  readonly of: number;
}

/** Cosine distances below this count as this: a copy outweighs the others, not without limit. */
const leastDistance = 0.01;

/**
 * Another class that a picture's nearest labelled pictures agree on, if there is one. Each weighs
 * the inverse of its distance (S. A. Dudani, The distance-weighted k-nearest-neighbor rule, IEEE
 * Transactions on Systems, Man, and Cybernetics 6 (1976) 325-327). The picture itself must not be
 * among its neighbours.
 */
export function neighbourDisagreement(
  label: string,
  neighbours: readonly LabelledNeighbour[],
  { leastNeighbours, leastShare }: NeighbourRule,
): NeighbourDisagreement | undefined {
  const named = neighbours.flatMap((neighbour) =>
    neighbour.label === undefined ? [] : [{ ...neighbour, label: neighbour.label }],
  );
  if (named.length < leastNeighbours) return undefined;
  const weights = new Map<string, number>();
  let all = 0;
  for (const neighbour of named) {
    const weight = 1 / Math.max(leastDistance, neighbour.distance);
    all += weight;
    weights.set(neighbour.label, (weights.get(neighbour.label) ?? 0) + weight);
  }
  const counts = tally(named.map((neighbour) => neighbour.label));
  for (const [name, weight] of weights) {
    // The share is above a half, so that no second class can have it.
    if (name === label || weight / all < leastShare) continue;
    return {
      class: name,
      share: weight / all,
      others: counts.get(name) ?? 0,
      same: counts.get(label) ?? 0,
      of: named.length,
    };
  }
  return undefined;
}
