import type { ReferenceId } from '../ids.js';
import { temperatureOf } from './confidence/fit-temperature.js';
import { classGroups } from './class-groups.js';
import type { Reference, ReferenceItem } from './reference.js';
import { scorers as builtIn } from './registry.js';
import type { PredictionOrigin, Scorer, Standing } from './scorer.js';
import type { SignalName } from './signal.js';
import { rateOfEach } from './together.js';
import { extrapolatedDistance } from './tail.js';
import { atDistance, distanceToUnusualEnd } from './unusual-end.js';
import type { Scale } from './unusual-end.js';

/** What a reference says about measurements. Immutable; safe to share. */
export interface Calibration {
  readonly reference: ReferenceId;
  /** Whose predictions the confidence signals are calibrated for; undefined for nobody's. */
  readonly predictionsBy: PredictionOrigin | undefined;
  /** What class scores of that origin are divided by before they are measured; 1 for nothing. */
  readonly temperature: number;
  /** Undefined where the reference measured fewer than `minMeasured` pictures. */
  /**
   * By the pictures of the predicted class, where there are enough of it and the signal is one of
   * confidence (class-groups.ts); else, and where no class is given, by all.
   */
  of(name: SignalName, predicted?: string): SignalCalibration | undefined;
  /**
   * The rate at which each of several signals may flag alone, so that at most `rate` of fresh
   * pictures are flagged by any of them (together.ts).
   */
  rateOfEach(names: readonly SignalName[], rate: number): number;
}

/** One signal's measurements over the reference. */
export interface SignalCalibration {
  /** Reference pictures measured. */
  readonly count: number;
  /**
   * 1 - p, where p = (1 + number of reference pictures at least as unusual) / (n + 1) is the
   * conformal p-value (Vovk, Gammerman and Shafer 2005; Laxhammar 2014): 0 to n / (n + 1).
   */
  edgeScore(raw: number): number;
  /**
   * The raw limit beyond which (strictly, towards the unusual end) at most `rate` of fresh
   * pictures like the reference's come to lie.
   *
   * Where (n + 1) * rate is at least 1, it is the conformal quantile, and the promise holds
   * without any assumption but exchangeability. A smaller reference has no such quantile: then
   * the tail is extrapolated (tail.ts), never to within the reference's most unusual picture,
   * so that 30 pictures still tell a black frame; nor further out than the scorer's
   * `ordinaryLimit`, where it has one. The promise is then an estimate.
   */
  limitFor(rate: number): number;
  standing(raw: number): Standing;
}

/** Below this number of measurements a signal is not calibrated. */
export const minMeasured = 10;

/** Rounding in (n + 1) * rate must not cost a picture: 100 * 0.01 is 1. */
const rounding = 1e-9;

/**
 * Scores of one's own are calibrated only while they are what the reference was measured with.
 */
export function calibrationOf(
  reference: Reference,
  scorers: readonly Scorer[] = builtIn,
): Calibration {
  const byName = new Map<SignalName, (predicted: string | undefined) => SignalCalibration>();
  for (const scorer of scorers) {
    const column = reference.measurements[scorer.name];
    if (column === undefined || !wasMeasuredBy(scorer, reference)) continue;
    if (column.filter((raw) => !Number.isNaN(raw)).length < minMeasured) continue;
    byName.set(scorer.name, calibrateColumn(column, reference.items, scorer));
  }
  const of = (name: SignalName, predicted?: string) => byName.get(name)?.(predicted);
  const rates = new Map<string, number>();
  return {
    reference: reference.id,
    predictionsBy: reference.predictionsBy,
    temperature: temperatureOf(reference.temperature),
    of,
    rateOfEach(names, rate) {
      const key = `${rate} ${names.join(' ')}`;
      const known = rates.get(key) ?? rateOfEach(reference, of, names, rate);
      rates.set(key, known);
      return known;
    },
  };
}

function wasMeasuredBy(scorer: Scorer, { own = {} }: Reference): boolean {
  return scorer.looksAt !== 'own' || own[scorer.name] === scorer.fingerprint;
}

/** Each group of pictures is calibrated when it is first asked for. */
function calibrateColumn(
  column: Float64Array,
  items: readonly ReferenceItem[],
  scorer: Scorer,
): (predicted: string | undefined) => SignalCalibration {
  const groupOf = classGroups(items, column);
  const calibrated = new Map<string | undefined, SignalCalibration>();
  return (predicted) => {
    const { called, rows } = groupOf(readsPredictions(scorer) ? predicted : undefined);
    const known =
      calibrated.get(called) ??
      calibrateSignal(
        Float64Array.from(rows, (row) => column[row] ?? Number.NaN),
        scorer,
        called,
      );
    calibrated.set(called, known);
    return known;
  };
}

/** True where a calibration of the scorer holds for predictions of this origin. */
export function calibrates(
  calibration: Calibration,
  scorer: Scorer,
  predictionsBy: PredictionOrigin,
): boolean {
  return !readsPredictions(scorer) || calibration.predictionsBy === predictionsBy;
}

function readsPredictions(scorer: Scorer): boolean {
  return scorer.looksAt === 'own'
    ? scorer.needs.includes('predictions')
    : scorer.family === 'confidence';
}

/** Of at least two measurements, none of them NaN; `called` names their pictures, if not all. */
export function calibrateSignal(
  measured: Float64Array,
  scale: Scale,
  called?: string,
): SignalCalibration {
  // Most unusual first, as signs that ascend whichever end is unusual.
  const sign = scale.unusual === 'high' ? -1 : 1;
  const signed = measured.map((raw) => sign * raw).sort();
  const count = signed.length;
  const ordinary = sign * Infinity;
  // A policy asks for the same rate at every event.
  const limits = new Map<number, number>();

  return {
    count,
    edgeScore: (raw) => 1 - (1 + countUpTo(signed, sign * raw)) / (count + 1),
    limitFor(rate) {
      const known = limits.get(rate) ?? limitAt(rate);
      limits.set(rate, known);
      return known;
    },
    standing: (raw) => ({
      lessUnusual: (count - countUpTo(signed, sign * raw)) / count,
      count,
      ...(called === undefined ? {} : { among: called }),
    }),
  };

  function limitAt(rate: number): number {
    if (rate <= 0) return -ordinary;
    const allowed = Math.floor((count + 1) * rate + rounding);
    const quantile = signed[Math.max(1, allowed) - 1];
    if (quantile === undefined) return ordinary;
    return allowed >= 1 ? sign * quantile : beyondSample(rate);
  }

  function beyondSample(rate: number): number {
    const distances = signed.map((value) => distanceToUnusualEnd(sign * value, scale));
    const ordinary =
      scale.ordinaryLimit === undefined ? 0 : distanceToUnusualEnd(scale.ordinaryLimit, scale);
    const distance = Math.max(ordinary, extrapolatedDistance(distances, rate));
    // Taken as it is, the most unusual measurement can't be missed by rounding.
    return distance < (distances[0] ?? 0)
      ? atDistance(distance, scale)
      : sign * (signed[0] ?? Infinity);
  }
}

/** How many of the ascending values are at most `limit`. */
function countUpTo(ascending: Float64Array, limit: number): number {
  let from = 0;
  let to = ascending.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((ascending[middle] ?? Infinity) <= limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
