import type { AnnotatorId } from '../../ids.js';
import { confusionRow, noPrior } from './confusion-prior.js';
import type { ConfusionPrior } from './confusion-prior.js';
import { tally } from './coefficient.js';

/** One answer: what an annotator said of a unit. An annotator may answer a unit several times. */
export interface Rating {
  /** A task, or one object of a task. */
  readonly unit: string;
  readonly annotator: AnnotatorId;
  readonly class: string;
}

export interface DawidSkeneOptions {
  /** Classes that may be true, also those that nobody named. Default: those of the ratings. */
  readonly classes?: readonly string[];
  /** Weighed against few answers. Default: none, the maximum likelihood of the paper. */
  readonly prior?: ConfusionPrior;
  /** Units whose class is known: gold tasks. Their answers teach what the annotators are worth. */
  readonly known?: ReadonlyMap<string, string>;
  /** Ends when no posterior moves by more. Default 1e-9. */
  readonly tolerance?: number;
  /** Most steps. Default 2,000. */
  readonly iterations?: number;
}

/** What annotators are worth: enough to weigh answers that were not among the ratings. */
export interface AnnotatorSkills {
  /** In alphabetical order; the order of all that follows. */
  readonly classes: readonly string[];
  /** Share of each class among the units, sums to 1. */
  readonly classShares: readonly number[];
  /** By annotator: row = true class, column = class said, each row sums to 1. */
  readonly confusions: ReadonlyMap<AnnotatorId, readonly (readonly number[])[]>;
  readonly prior: ConfusionPrior;
}

export interface DawidSkene extends AnnotatorSkills {
  /** By unit: the probability of each class, sums to 1. */
  readonly posteriors: ReadonlyMap<string, readonly number[]>;
  /** Natural logarithm of the ratings' likelihood under the skills. */
  readonly logLikelihood: number;
  readonly iterations: number;
  /** False where the steps ran out first; the result is then the last step's. */
  readonly converged: boolean;
}

/**
 * Dawid and Skene's consensus: the true class of each unit and the confusion matrix of each
 * annotator, each from the other, by expectation maximisation from the shares of the votes:
 *
 *     share(j)       = mean over units of T(unit, j)
 *     confusion(j,l) = sum over units of T * answers l, divided by the same over all answers
 *     T(unit, j)     ~ share(j) * product over its answers l of confusion(j, l)
 *
 * in logarithms. A prior adds its answers to each sum. The same ratings in the same order give the
 * same result; in another order they differ by rounding. Source: A. P. Dawid and A. M. Skene,
 * Maximum likelihood estimation of observer error-rates using the EM algorithm, Applied
 * Statistics 28 (1979) 20-28, equations 2.3 to 2.5 and 3.1.
 */
export function dawidSkene(
  ratings: readonly Rating[],
  options: DawidSkeneOptions = {},
): DawidSkene {
  const prior = options.prior ?? noPrior;
  const coded = encode(ratings, options);
  const { classes, units, annotators } = coded;
  const [width, tolerance] = [classes.length, options.tolerance ?? 1e-9];
  let posteriors = voteShares(coded);
  let skills = maximise(coded, posteriors, prior);
  let logLikelihood = -Infinity;
  let converged = false;
  let iterations = 0;
  while (!converged && iterations < (options.iterations ?? 2000)) {
    iterations += 1;
    const step = expect(coded, skills);
    converged = largestMove(step.posteriors, posteriors) <= tolerance;
    ({ posteriors, logLikelihood } = step);
    skills = maximise(coded, posteriors, prior);
  }
  return {
    classes,
    classShares: Array.from(skills.shares),
    confusions: new Map(
      annotators.map((name, at) => [name, matrix(skills.confusions, at * width, width)]),
    ),
    prior,
    posteriors: new Map(units.map((unit, at) => [unit, row(posteriors, at, width)])),
    logLikelihood,
    iterations,
    converged,
  };
}

/** Ratings as numbers; parallel arrays, one entry per rating. */
interface Coded {
  readonly classes: readonly string[];
  readonly units: readonly string[];
  readonly annotators: readonly AnnotatorId[];
  readonly unitOf: Int32Array;
  readonly annotatorOf: Int32Array;
  readonly classOf: Int32Array;
  /** By unit: the class that is known, else -1. */
  readonly known: Int32Array;
}

interface Skills {
  readonly shares: Float64Array;
  /** By annotator, true class, class said. */
  readonly confusions: Float64Array;
}

function encode(ratings: readonly Rating[], options: DawidSkeneOptions): Coded {
  const known = options.known ?? new Map<string, string>();
  const units = distinct(ratings.map(({ unit }) => unit));
  const named = units.flatMap((unit) => known.get(unit) ?? []);
  const said = ratings.map((rating) => rating.class);
  const classes = distinct([...(options.classes ?? []), ...said, ...named]).sort();
  const annotators = distinct(ratings.map(({ annotator }) => annotator));
  const [unitAt, annotatorAt, classAt] = [places(units), places(annotators), places(classes)];
  return {
    classes,
    units,
    annotators,
    unitOf: Int32Array.from(ratings, ({ unit }) => unitAt.get(unit) ?? 0),
    annotatorOf: Int32Array.from(ratings, ({ annotator }) => annotatorAt.get(annotator) ?? 0),
    classOf: Int32Array.from(said, (name) => classAt.get(name) ?? 0),
    known: Int32Array.from(units, (unit) => classAt.get(known.get(unit) ?? '') ?? -1),
  };
}

function voteShares({ classes, units, unitOf, classOf, known }: Coded): Float64Array {
  const width = classes.length;
  const votes = new Float64Array(units.length * width);
  const answers = tally(Array.from(unitOf, String));
  unitOf.forEach((unit, at) => {
    const place = unit * width + (classOf[at] ?? 0);
    votes[place] = (votes[place] ?? 0) + 1 / (answers.get(String(unit)) ?? 1);
  });
  known.forEach((truth, unit) => fix(votes, unit, truth, width));
  return votes;
}

function maximise(coded: Coded, posteriors: Float64Array, prior: ConfusionPrior): Skills {
  const { units, annotators, unitOf, annotatorOf, classOf } = coded;
  const width = coded.classes.length;
  const shares = new Float64Array(width);
  posteriors.forEach((value, at) => (shares[at % width] = (shares[at % width] ?? 0) + value));
  const total = units.length + prior.answers;
  const confusions = new Float64Array(annotators.length * width * width);
  unitOf.forEach((unit, at) => {
    const from = (annotatorOf[at] ?? 0) * width * width + (classOf[at] ?? 0);
    for (let truth = 0; truth < width; truth += 1) {
      const place = from + truth * width;
      confusions[place] = (confusions[place] ?? 0) + (posteriors[unit * width + truth] ?? 0);
    }
  });
  for (let at = 0; at < annotators.length * width; at += 1) {
    const counts = confusions.subarray(at * width, (at + 1) * width);
    counts.set(confusionRow(counts, at % width, width, prior));
  }
  return { shares: shares.map((sum) => (sum + prior.answers / width) / total), confusions };
}

function expect(
  { classes, units, unitOf, annotatorOf, classOf, known }: Coded,
  skills: Skills,
): { posteriors: Float64Array; logLikelihood: number } {
  const width = classes.length;
  const logShares = skills.shares.map(Math.log);
  const logConfusions = skills.confusions.map(Math.log);
  const posteriors = new Float64Array(units.length * width);
  for (let at = 0; at < posteriors.length; at += 1) posteriors[at] = logShares[at % width] ?? 0;
  unitOf.forEach((unit, at) => {
    const from = (annotatorOf[at] ?? 0) * width * width + (classOf[at] ?? 0);
    for (let truth = 0; truth < width; truth += 1) {
      const place = unit * width + truth;
      posteriors[place] = (posteriors[place] ?? 0) + (logConfusions[from + truth * width] ?? 0);
    }
  });
  let logLikelihood = 0;
  for (let unit = 0; unit < units.length; unit += 1) {
    const logs = posteriors.subarray(unit * width, (unit + 1) * width);
    const truth = known[unit] ?? -1;
    const { shares, logSum } = normalised(logs);
    logLikelihood += truth < 0 ? logSum : (logs[truth] ?? 0);
    logs.set(shares);
    fix(posteriors, unit, truth, width);
  }
  return { posteriors, logLikelihood };
}

/** exp(log - log of the sum of all exp(log)), without leaving the range of numbers. */
function normalised(logs: Float64Array): { shares: Float64Array; logSum: number } {
  const most = Math.max(...logs);
  const shares = logs.map((value) => Math.exp(value - most));
  const sum = shares.reduce((all, value) => all + value, 0);
  return { shares: shares.map((value) => value / sum), logSum: most + Math.log(sum) };
}

function fix(posteriors: Float64Array, unit: number, truth: number, width: number): void {
  if (truth < 0) return;
  posteriors.fill(0, unit * width, (unit + 1) * width);
  posteriors[unit * width + truth] = 1;
}

function largestMove(now: Float64Array, before: Float64Array): number {
  return now.reduce((most, value, at) => Math.max(most, Math.abs(value - (before[at] ?? 0))), 0);
}

function row(values: Float64Array, at: number, width: number): number[] {
  return Array.from(values.subarray(at * width, (at + 1) * width));
}

function matrix(values: Float64Array, firstRow: number, width: number): number[][] {
  return Array.from({ length: width }, (_, at) => row(values, firstRow + at, width));
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function places<T>(values: readonly T[]): Map<T, number> {
  return new Map(values.map((value, at) => [value, at]));
}
