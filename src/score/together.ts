import type { Reference, ReferenceItem } from './reference.js';
import type { SignalName } from './signal.js';

/** Of a signal's calibration, what is needed to tell a p-value. */
interface Calibrated {
  readonly count: number;
  edgeScore(raw: number): number;
}

/** With fewer pictures that have them all, how signals hang together is not asked of them. */
const minComplete = 100;

/**
 * The false-alarm rate that each of several signals may have alone, so that a picture like the
 * reference's is flagged by any of them with probability `rate` at most.
 *
 * A picture's smallest p-value is itself a measurement; its conformal quantile over the
 * reference's own pictures is the limit for each (the minimum-p method of Westfall and Young
 * 1993, with the reference in place of resampling). It needs no assumption on how the signals
 * depend on each other, and gives away nothing where they do: darkness and low contrast count
 * nearly as one. Signals by themselves may reach less than it grants, since a p-value comes in
 * steps of 1 / (n + 1); below the first of them it is an estimate. It is never below Bonferroni's
 * rate / signals, which always holds.
 *
 * @param calibratedAt what a picture's signal is held against; as an event's would be.
 * @param rows of the pictures that are looked at; all, unless given.
 * @returns `rate` for one signal, else between rate / signals and rate; undefined where fewer than
 * 100 pictures have all of the signals, or too few for the rate.
 */
export function jointRate(
  { items, measurements }: Pick<Reference, 'items' | 'measurements'>,
  calibratedAt: (name: SignalName, item: ReferenceItem) => Calibrated | undefined,
  names: readonly SignalName[],
  rate: number,
  rows: Iterable<number> = items.keys(),
): number | undefined {
  if (names.length < 2) return rate;
  const smallest: Smallest[] = [];
  picture: for (const row of rows) {
    const item = items[row];
    let least: Smallest = { p: 1, isFirst: false };
    for (const name of names) {
      const raw = measurements[name]?.[row] ?? Number.NaN;
      const calibration = item === undefined ? undefined : calibratedAt(name, item);
      if (Number.isNaN(raw) || calibration === undefined) continue picture;
      const step = 1 / (calibration.count + 1);
      // The picture itself is among those that are at least as unusual, so there is no 1 + k.
      const p = 1 - calibration.edgeScore(raw) - step;
      const isFirst = p <= step + rounding;
      if (p < least.p - rounding) least = { p, isFirst };
      else if (isFirst && p <= least.p + rounding) least = { p: least.p, isFirst };
    }
    smallest.push(least);
  }
  const count = smallest.length;
  const allowed = Math.floor((count + 1) * rate + 1e-9);
  if (count < minComplete || allowed < 1) return undefined;
  const quantile = smallest.sort((a, b) => a.p - b.p)[allowed - 1]?.p ?? 0;
  // Strictly below it.
  const granted = quantile * Math.min(1 - 1e-6, shareOfFirstSteps(smallest, quantile, rate));
  return Math.min(rate, Math.max(rate / names.length, granted));
}

/** A picture's smallest p-value. */
interface Smallest {
  readonly p: number;
  /** It is the most unusual of all that the signal is held against. */
  readonly isFirst: boolean;
}

/** P-values that differ by less are the same. */
const rounding = 1e-12;

/**
 * Below the first step of a signal's p-values its limit is extrapolated, and the pictures can't show
 * how much less it flags. As many of them stand on such a step, where that is the quantile, as signals
 * have an end of their own: of what is asked for, they share what those before them leave. 1 or more
 * where nothing is to be shared. Signals that were measured on fewer pictures have longer steps than
 * others, so that the quantile need not be the first step of all.
 */
function shareOfFirstSteps(smallest: readonly Smallest[], quantile: number, rate: number): number {
  const before = smallest.filter(({ p }) => p < quantile - rounding).length;
  const standing = smallest.filter(
    ({ p, isFirst }) => isFirst && Math.abs(p - quantile) <= rounding,
  ).length;
  return standing === 0 ? 1 : (rate * (smallest.length + 1) - before) / standing;
}
