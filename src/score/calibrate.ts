import type { ReferenceId } from '../ids.js';
import { temperatureOf } from './confidence/fit-temperature.js';
import { classGroups } from './class-groups.js';
import { scalesOf } from './ordinary-limits.js';
import type { Reference, ReferenceItem } from './reference.js';
import { scorers as builtIn } from './registry.js';
import type { PredictionOrigin, Scorer, Standing } from './scorer.js';
import type { SignalName } from './signal.js';
import { jointRate } from './together.js';
import { extrapolatedDistance, surpriseBeyond } from './tail.js';
import { atDistance, distanceToUnusualEnd } from './unusual-end.js';
import type { Scale } from './unusual-end.js';

/** What a reference says about measurements. Immutable; safe to share. */
export interface Calibration {
  readonly reference: ReferenceId;
  /** Whose predictions the confidence signals are calibrated for; undefined for nobody's. */
  readonly predictionsBy: PredictionOrigin | undefined;
  /** What class scores of that origin are divided by before they are measured; 1 for nothing. */
  readonly temperature: number;
  /**
   * By the pictures of the predicted class, where there are enough of it and the signal is one of
   * confidence (class-groups.ts); else, and where no class is given, by all. Of a source's own
   * pictures, where they have a quantile of the `rate` that is asked for (100 of them, without
   * one), else of all sources'. Undefined where fewer than `minMeasured` pictures were measured.
   */
  of(name: SignalName, predicted?: string, rate?: number): SignalCalibration | undefined;
  /**
   * The rate at which each of several signals may flag alone, so that at most `rate` of fresh
   * pictures are flagged by any of them (together.ts).
   */
  rateOfEach(names: readonly SignalName[], rate: number): number;
  /**
   * For events of one source: a Mondrian conformal predictor (Vovk, Gammerman and Shafer 2005, 4.5)
   * by the source that a picture is of. Itself for a source that the reference has no pictures of.
   */
  forSource(sourceId: string | undefined): Calibration;
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
   * so that 30 pictures still tell a black frame; nor further out than the scale's
   * `ordinaryLimit`, if it has one. The promise is then an estimate.
   */
  limitFor(rate: number): number;
  /**
   * -ln of how probable a fresh picture is that is at least as unusual, nats: the conformal p-value, and
   * beyond the reference's most unusual picture an estimate (tail.ts). Signals whose measurements lie
   * beyond all of the reference's can be told apart by it.
   */
  surprise(raw: number): number;
  standing(raw: number): Standing;
}

/** Below this number of measurements a signal is not calibrated. */
export const minMeasured = 10;

/** Rounding in (n + 1) * rate must not cost a picture: 100 * 0.01 is 1. */
const rounding = 1e-9;

/** Pictures of a source from which it is held against them, where no rate is asked for. */
const minOfSource = 100;

/**
 * Scores of one's own are calibrated only while they are what the reference was measured with.
 */
export function calibrationOf(
  reference: Omit<Reference, 'embeddings'>,
  scorers: readonly Scorer[] = builtIn,
): Calibration {
  const calibrated = scorers.filter((scorer) => wasMeasuredBy(scorer, reference));
  const all = calibratedSignals(reference, calibrated, undefined);
  const rowsOf = rowsBySource(reference.items);
  const ofSources = new Map<string, Calibration>();
  const shared = {
    reference: reference.id,
    predictionsBy: reference.predictionsBy,
    temperature: temperatureOf(reference.temperature),
    forSource,
  };
  const whole: Calibration = {
    ...shared,
    of: all,
    rateOfEach: remembered(
      (names, rate) =>
        jointRate(reference, (name, { predicted }) => all(name, predicted), names, rate) ??
        rate / names.length,
    ),
  };
  /** Each picture by its own source, as events are. */
  const everySource = remembered(
    (names, rate) =>
      jointRate(reference, calibratedAt(askedTogether(rate)), names, rate) ?? rate / names.length,
  );
  return whole;

  function forSource(sourceId: string | undefined): Calibration {
    const rows = sourceId === undefined ? undefined : rowsOf.get(sourceId);
    if (sourceId === undefined || rows === undefined || rows.length < minMeasured) return whole;
    const known = ofSources.get(sourceId) ?? calibrationOfSource(sourceId, rows);
    ofSources.set(sourceId, known);
    return known;
  }

  function calibrationOfSource(sourceId: string, rows: readonly number[]): Calibration {
    const own = calibratedSignals(reference, calibrated, { called: `of ${sourceId}`, rows });
    return {
      ...shared,
      of: (name, predicted, rate) =>
        (isEnough(own(name)?.count ?? 0, rate) ? own : all)(name, predicted),
      rateOfEach: remembered((names, rate) => {
        const at = calibratedAt(askedTogether(rate));
        return jointRate(reference, at, names, rate, rows) ?? everySource(names, rate);
      }),
    };
  }

  function calibratedAt(rate: number) {
    return (name: SignalName, { sourceId, predicted }: ReferenceItem) =>
      forSource(sourceId).of(name, predicted, rate);
  }
}

/** What decides whether a source has enough pictures, of a rate that several signals share. */
export function askedTogether(rate: number): number {
  return Math.min(rate, 1 / minOfSource);
}

/** Whether so many pictures have a quantile of the rate (they may be one fewer than 1 / rate). */
function isEnough(count: number, rate = 1 / minOfSource): boolean {
  return count >= minMeasured && (count + 1) * rate + rounding >= 1;
}

type RateOfEach = Calibration['rateOfEach'];

function remembered(compute: RateOfEach): RateOfEach {
  const rates = new Map<string, number>();
  return (names, rate) => {
    const key = `${rate} ${names.join(' ')}`;
    const known = rates.get(key) ?? compute(names, rate);
    rates.set(key, known);
    return known;
  };
}

function rowsBySource(items: readonly ReferenceItem[]): ReadonlyMap<string, readonly number[]> {
  const rowsOf = new Map<string, number[]>();
  for (const [row, { sourceId }] of items.entries()) {
    if (sourceId === undefined) continue;
    const rows = rowsOf.get(sourceId);
    if (rows === undefined) rowsOf.set(sourceId, [row]);
    else rows.push(row);
  }
  return rowsOf;
}

/** Of some of the pictures, if not of all; each signal and class when it is first asked for. */
function calibratedSignals(
  { items, measurements }: Omit<Reference, 'embeddings'>,
  scorers: readonly Scorer[],
  part: { readonly called: string; readonly rows: readonly number[] } | undefined,
): (name: SignalName, predicted?: string) => SignalCalibration | undefined {
  type Groups = (predicted: string | undefined) => SignalCalibration;
  const byName = new Map<SignalName, Groups | undefined>();
  const partItems = part?.rows.flatMap((row) => items[row] ?? []) ?? items;
  const scaleOf = scalesOf({ measurements }, scorers, part?.rows ?? [...items.keys()]);
  const groupsOf = (name: SignalName): Groups | undefined => {
    const whole = measurements[name];
    const scorer = scorers.find((one) => one.name === name);
    if (whole === undefined || scorer === undefined) return undefined;
    const column =
      part === undefined ? whole : Float64Array.from(part.rows, (row) => whole[row] ?? Number.NaN);
    return column.filter((raw) => !Number.isNaN(raw)).length < minMeasured
      ? undefined
      : calibrateColumn(column, partItems, scorer, scaleOf(scorer), part?.called);
  };
  return (name, predicted) => {
    if (!byName.has(name)) byName.set(name, groupsOf(name));
    return byName.get(name)?.(predicted);
  };
}

function wasMeasuredBy(scorer: Scorer, { own = {} }: Pick<Reference, 'own'>): boolean {
  return scorer.looksAt !== 'own' || own[scorer.name] === scorer.fingerprint;
}

/** Each group of pictures is calibrated when it is first asked for. */
function calibrateColumn(
  column: Float64Array,
  items: readonly ReferenceItem[],
  scorer: Scorer,
  scale: Scale,
  partCalled: string | undefined,
): (predicted: string | undefined) => SignalCalibration {
  const groupOf = classGroups(items, column);
  const calibrated = new Map<string | undefined, SignalCalibration>();
  return (predicted) => {
    const { called, rows } = groupOf(readsPredictions(scorer) ? predicted : undefined);
    const known =
      calibrated.get(called) ??
      calibrateSignal(
        Float64Array.from(rows, (row) => column[row] ?? Number.NaN),
        scale,
        [partCalled, called].filter((part) => part !== undefined).join(' ') || undefined,
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
  const pValue = (raw: number) => (1 + countUpTo(signed, sign * raw)) / (count + 1);
  let distances: Float64Array | undefined;
  const distancesOnce = () =>
    (distances ??= signed.map((value) => distanceToUnusualEnd(sign * value, scale)));

  return {
    count,
    edgeScore: (raw) => 1 - pValue(raw),
    limitFor(rate) {
      const known = limits.get(rate) ?? limitAt(rate);
      limits.set(rate, known);
      return known;
    },
    surprise(raw) {
      const isWithin = sign * raw >= (signed[0] ?? ordinary);
      return isWithin
        ? -Math.log(pValue(raw))
        : surpriseBeyond(distancesOnce(), distanceToUnusualEnd(raw, scale), scale.usualExcess);
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
    const { ordinaryLimit, usualExcess } = scale;
    const held = ordinaryLimit === undefined ? 0 : distanceToUnusualEnd(ordinaryLimit, scale);
    const distance = Math.max(held, extrapolatedDistance(distancesOnce(), rate, usualExcess));
    // Taken as it is, the most unusual measurement can't be missed by rounding.
    return distance < (distancesOnce()[0] ?? 0)
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
