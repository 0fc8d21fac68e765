import type { Classification, Predictions } from '../../event/inference-event.js';
import { softmax } from '../softmax.js';

/** A classification's probabilities, whatever the producer sent. */
export interface ClassProbabilities {
  /** Each in 0..1, in the producer's order; at least one. */
  readonly listed: readonly number[];
  /**
   * What the listed ones lack to 1: the classes that a producer left out when it sent its best
   * few only. 0 where they sum to 1, or to more (classes that do not exclude each other).
   */
  readonly rest: number;
  /** The highest of the listed ones. */
  readonly best: number;
  /** The second highest; `rest` where one is listed only. */
  readonly second: number;
}

/** Sums that miss 1 by less than this were rounded, not cut. */
const roundingSlack = 1e-3;

// Predictions never change and several scorers read them.
const known = new WeakMap<Classification, ClassProbabilities | undefined>();

/**
 * Probabilities as given, else the softmax of the logits; undefined where the predictions are
 * no classification or name no class.
 */
export function classProbabilities(predictions: Predictions): ClassProbabilities | undefined {
  if (predictions.kind !== 'classification') return undefined;
  if (known.has(predictions)) return known.get(predictions);
  const found = probabilitiesOf(predictions);
  known.set(predictions, found);
  return found;
}

function probabilitiesOf(predictions: Classification): ClassProbabilities | undefined {
  const { probabilities, logits } = predictions;
  const listed = probabilities ?? (logits === undefined ? [] : softmax(logits));
  if (listed.length === 0) return undefined;
  let sum = 0;
  let best = -Infinity;
  let second = -Infinity;
  for (const value of listed) {
    sum += value;
    if (value > best) {
      second = best;
      best = value;
    } else if (value > second) second = value;
  }
  const rest = 1 - sum > roundingSlack ? 1 - sum : 0;
  return { listed, rest, best, second: listed.length === 1 ? rest : second };
}
