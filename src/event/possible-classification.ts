import type { Problem } from './checked.js';
import type { Classification } from './inference-event.js';

/** What no model can have said of a picture by one classification; undefined where it can. */
export function impossibleClassification({
  classes,
  probabilities,
  logits,
}: Classification): Problem | undefined {
  if (probabilities === undefined) return undefined;
  return (
    sumsToMoreThanOne(probabilities) ??
    (logits === undefined ? undefined : contradiction(classes, probabilities, logits))
  );
}

/** By which a sum may exceed 1 whatever is listed: a softmax in 16 bits is off by 0.002 at most. */
const sumSlack = 0.02;
/** The coarsest step that producers round to: two digits. */
const coarsestStep = 0.01;

/**
 * A sum below 1 is a list that was cut to its best few, and passes. One above 1 is of labels that
 * do not exclude each other, unless rounding explains it: each value rounded to multiples of a
 * step gains half of it at most, and the step is no larger than the smallest value above 0. So a
 * thousand classes of an 8-bit model pass, and two sigmoids do not.
 */
function sumsToMoreThanOne(probabilities: readonly number[]): Problem | undefined {
  let sum = 0;
  let above = 0;
  let smallest = coarsestStep;
  for (const value of probabilities) {
    if (value <= 0) continue;
    sum += value;
    above += 1;
    if (value < smallest) smallest = value;
  }
  if (sum <= 1 + Math.max(sumSlack, (above * smallest) / 2 + 1e-9)) return undefined;
  return {
    field: 'predictions.probabilities',
    problem: `sum to ${shortNumber(sum)}, and classes that exclude each other to 1 at most`,
    mend:
      'Send the softmax of the class scores, or the scores themselves as logits. Of labels that may ' +
      "apply together (sigmoids), send 'kind: none', and what the model says in tags.",
  };
}

/** Leads that rounding and quantising may turn round: in probability, and in logits. */
const nearTie = 0.1;

/**
 * Temperatures and other roundings leave the order as it is, so only another first class
 * contradicts; and of classes that are nearly as likely, either may come first.
 */
function contradiction(
  classes: readonly string[],
  probabilities: readonly number[],
  logits: readonly number[],
): Problem | undefined {
  let likeliest = 0;
  let highest = 0;
  for (let at = 1; at < classes.length; at += 1) {
    if ((probabilities[at] ?? 0) > (probabilities[likeliest] ?? 0)) likeliest = at;
    if ((logits[at] ?? 0) > (logits[highest] ?? 0)) highest = at;
  }
  const [most, less] = [probabilities[likeliest] ?? 0, probabilities[highest] ?? 0];
  const lead = (logits[highest] ?? 0) - (logits[likeliest] ?? 0);
  if (most - less <= nearTie || lead <= nearTie) return undefined;
  return {
    field: 'predictions.logits',
    problem:
      `contradict the probabilities: they are highest at '${classes[highest]}', which has a ` +
      `probability of ${shortNumber(less)}, and '${classes[likeliest]}' one of ${shortNumber(most)}`,
    mend: 'Send those that the model decides by, the probabilities or the logits alone.',
  };
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
