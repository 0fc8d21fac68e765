import type { MethodScores } from './novelty-methods.js';

/** Where a method's results lie on the reference's own pictures. */
export interface Standard {
  readonly median: number;
  /** Root of twice the mean square of what lies above the median; above 0. */
  readonly spread: number;
}

/** Beyond this many spreads all pictures are equally strange. */
const mostSpreads = 30;

export function standardOf(values: readonly number[]): Standard {
  const known = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const median = known[Math.floor(known.length / 2)] ?? 0;
  let squares = 0;
  for (const value of known) squares += Math.max(0, value - median) ** 2;
  const upper = Math.sqrt((2 * squares) / Math.max(1, known.length));
  return { median, spread: Math.max(upper, 1e-9 * Math.abs(median), 1e-12) };
}

/**
 * - ln of the share of a normal distribution that lies higher, in nats: 0.69 at the reference's
 * median, 4.6 where one in a hundred would. One-sided: what one method finds ordinary does not
 * make up for what another finds strange, as it would in a sum of deviations.
 */
export function surprise(value: number, { median, spread }: Standard): number {
  const deviation = (value - median) / spread;
  return -lnUpperTail(Math.min(mostSpreads, Math.max(-mostSpreads, deviation)));
}

/** The weighted mean of the surprises that can be had (weights of others are passed on). */
export function combined(
  scores: MethodScores,
  standards: readonly Standard[],
  weights: readonly number[],
): number {
  let sum = 0;
  let total = 0;
  for (let at = 0; at < scores.length; at += 1) {
    const share = shareOf(scores, standards, weights, at);
    if (share === undefined) continue;
    sum += share;
    total += weights[at] ?? 0;
  }
  return total > 0 ? sum / total : 0;
}

/** What each score adds to the mean: its surprise times its weight, 0 where there is none. */
export function combinedShares(
  scores: MethodScores,
  standards: readonly Standard[],
  weights: readonly number[],
): readonly number[] {
  return Array.from(scores, (_, at) => shareOf(scores, standards, weights, at) ?? 0);
}

function shareOf(
  scores: MethodScores,
  standards: readonly Standard[],
  weights: readonly number[],
  at: number,
): number | undefined {
  const value = scores[at] ?? Number.NaN;
  const weight = weights[at] ?? 0;
  const standard = standards[at];
  if (weight === 0 || standard === undefined || Number.isNaN(value)) return undefined;
  return weight * surprise(value, standard);
}

/** The highest possible surprise, in nats. */
export const mostSurprise = -lnUpperTail(mostSpreads);

/** ln(1 - Phi(x)) by Mills's ratio as a continued fraction (Laplace), or through the lower tail. */
function lnUpperTail(x: number): number {
  if (x < -1) return Math.log1p(-Math.exp(lnUpperTail(-x)));
  if (x < 1) return Math.log(0.5 - centralArea(x));
  let fraction = x;
  // So many terms that the error stays below 1e-8 nats, most at 1.
  for (let k = 8 + Math.ceil(110 / (x * x)); k >= 1; k -= 1) fraction = x + k / fraction;
  return -0.5 * x * x - 0.5 * Math.log(2 * Math.PI) - Math.log(fraction);
}

/** Phi(x) - 1/2 for |x| up to 1, by the series of Abramowitz and Stegun 26.2.10. */
function centralArea(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 20; n += 1) {
    term *= -(x * x) / (2 * n);
    sum += term / (2 * n + 1);
  }
  return sum / Math.sqrt(2 * Math.PI);
}
