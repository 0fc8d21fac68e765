/**
 * How little a classifier recognises, from its logits; each is higher the stranger the picture.
 * The classes need not be those of the production model; of other classes it tells little.
 */
export interface LogitScores {
  /** 0 - the highest softmax probability, -1 to 0 (Hendrycks and Gimpel 2017). */
  readonly maximumSoftmax: number;
  /** 0 - the highest logit (Hendrycks et al. 2022, _Scaling Out-of-Distribution Detection_). */
  readonly maximumLogit: number;
  /** 0 - ln(sum of exp(logit)), the free energy at temperature 1 (Liu et al. 2020). */
  readonly energy: number;
}

/** Of one or more logits. */
export function logitScores(logits: Float32Array | readonly number[]): LogitScores {
  // By index: an iterator takes twice as long, and this runs for a thousand classes an event.
  const count = logits.length;
  let highest = -Infinity;
  for (let at = 0; at < count; at += 1) highest = Math.max(highest, logits[at] ?? 0);
  let sum = 0;
  for (let at = 0; at < count; at += 1) sum += Math.exp((logits[at] ?? 0) - highest);
  return { maximumSoftmax: -1 / sum, maximumLogit: -highest, energy: -highest - Math.log(sum) };
}
