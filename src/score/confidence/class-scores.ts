import type { Predictions } from '../../event/inference-event.js';
import { softmax } from '../softmax.js';
import { classProbabilities } from './class-probabilities.js';

/** Unnormalised class scores whose softmax is what the model said. */
export interface ClassScores {
  readonly classes: readonly string[];
  /**
   * One per class; where the producer cut its list, one more at the end, of all that it left out.
   * Logarithms of the probabilities where the producer sent those: they are its logits, less a
   * constant that no softmax sees.
   */
  readonly scores: readonly number[];
  /** Index of the likeliest class that is listed. */
  readonly best: number;
}

/** A probability of 0 has no logarithm; what is below this counts as this. */
const leastProbability = 1e-12;

/**
 * Undefined where there is no softmax to take apart: no classification, no class, or
 * probabilities of classes that do not exclude each other (they sum to more than 1).
 */
export function classScores(predictions: Predictions): ClassScores | undefined {
  if (predictions.kind !== 'classification') return undefined;
  const { classes, probabilities, logits } = predictions;
  if (probabilities === undefined) {
    if (logits === undefined || logits.length === 0) return undefined;
    return { classes, scores: logits, best: indexOfHighest(logits) };
  }
  const given = classProbabilities(predictions);
  if (given === undefined || sumOf(probabilities) > mostRounded) return undefined;
  const all = given.rest > 0 ? [...probabilities, given.rest] : probabilities;
  return {
    classes,
    scores: all.map((value) => Math.log(Math.max(leastProbability, value))),
    best: indexOfHighest(probabilities),
  };
}

/** The likeliest class; undefined where the predictions are no classification or list none. */
export function predictedClass(predictions: Predictions): string | undefined {
  if (predictions.kind !== 'classification') return undefined;
  return predictions.classes[indexOfHighest(predictions.probabilities ?? predictions.logits ?? [])];
}

/** The predictions with their scores divided by the temperature; as they are where it is 1. */
export function tempered(predictions: Predictions, temperature: number): Predictions {
  const given = temperature === 1 ? undefined : classScores(predictions);
  if (given === undefined) return predictions;
  const { classes } = given;
  const probabilities = softmax(given.scores, 1 / temperature);
  // What was left out stays left out: the list sums to less than 1 again.
  return {
    kind: 'classification',
    classes,
    probabilities: probabilities.slice(0, classes.length),
  };
}

/** Sums that exceed 1 by no more were rounded. */
const mostRounded = 1 + 1e-3;

function sumOf(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** The first of equal ones; -1 of none. */
export function indexOfHighest(values: ArrayLike<number>): number {
  let best = -1;
  let highest = -Infinity;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? -Infinity;
    if (best >= 0 && value <= highest) continue;
    best = at;
    highest = value;
  }
  return best;
}
