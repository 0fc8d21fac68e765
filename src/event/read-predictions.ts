import type { Checked, Problem } from './checked.js';
import type { Predictions } from './inference-event.js';
import type { NumberList } from './long-lists.js';
import { impossibleClassification } from './possible-classification.js';
import { impossibleDetection } from './possible-detection.js';
import type { WireEvent } from './wire-event.js';

/** The predictions that a producer sent, or why no model can have made them. */
export function readPredictions(predictions: WireEvent['predictions']): Checked<Predictions> {
  if (predictions == null) return { ok: true, value: { kind: 'none' } };
  if (predictions.kind === 'none') return { ok: true, value: predictions };
  if (predictions.kind === 'detection') {
    return checked(predictions, impossibleDetection(predictions));
  }
  const { kind, classes, probabilities, logits } = predictions;
  const numbers = { probabilities, logits };
  for (const [field, values] of Object.entries(numbers)) {
    if (values != null && values.length !== classes.length) {
      return {
        ok: false,
        field: `predictions.${field}`,
        problem: `has ${values.length} numbers for ${classes.length} classes`,
        mend: 'Send one number for each class, in the same order.',
      };
    }
  }
  if (probabilities == null && logits == null) {
    return {
      ok: false,
      field: 'predictions',
      problem: 'has neither probabilities nor logits',
      mend: "Send probabilities or logits, or 'kind: none' if the model has neither.",
    };
  }
  const value = {
    kind,
    classes,
    ...(probabilities == null ? {} : { probabilities: withoutSlack(numbersOf(probabilities)) }),
    ...(logits == null ? {} : { logits: numbersOf(logits) }),
  };
  return checked(value, impossibleClassification(value));
}

function checked<T>(value: T, problem: Problem | undefined): Checked<T> {
  return problem === undefined ? { ok: true, value } : { ok: false, ...problem };
}

function numbersOf(list: NumberList): readonly number[] {
  return list instanceof Float32Array ? Array.from(list) : list;
}

/** What rounding left above 1 is 1. */
function withoutSlack(probabilities: readonly number[]): readonly number[] {
  return probabilities.some((value) => value > 1)
    ? probabilities.map((value) => Math.min(1, value))
    : probabilities;
}
