import type { Predictions } from '../../event/inference-event.js';
import { expectedCalibrationError } from './calibration-error.js';
import type { ConfidentAnswer } from './calibration-error.js';
import { softmax } from '../softmax.js';
import { classScores } from './class-scores.js';
import type { ClassScores } from './class-scores.js';

/** What a reference's labels say about how sure its model should be. */
export type TemperatureFit = FittedTemperature | UnfittedTemperature;

export interface FittedTemperature {
  readonly kind: 'fitted';
  /** What class scores are divided by; above 1 where the model is too sure of itself. */
  readonly temperature: number;
  /** Labelled pictures that it was fitted on. */
  readonly labelled: number;
  /** On pictures that the temperature was not fitted on; 0..1, 15 bins. */
  readonly calibrationError: { readonly before: number; readonly after: number };
}

/** The temperature stays 1. */
export interface UnfittedTemperature {
  readonly kind: 'not-fitted';
  readonly why:
    /** No labelled picture's predictions name its label. */
    | 'no-labels'
    /** Fewer than `minLabelled`. */
    | 'too-few-labels'
    /** The likelihood has no maximum within the bounds: every picture was predicted right, say. */
    | 'no-optimum'
    /** On pictures that it was not fitted on, the likelihood did not rise or the error did not fall. */
    | 'no-gain';
  readonly labelled: number;
}

/** What class scores are to be divided by: 1 where nothing was fitted. */
export function temperatureOf(fit: TemperatureFit | undefined): number {
  return fit?.kind === 'fitted' ? fit.temperature : 1;
}

/** What a model said of a picture, and what a person did. */
export interface LabelledPredictions {
  readonly predictions: Predictions;
  readonly label: string;
}

/** Fewer labelled pictures leave more doubt about the temperature than it takes away. */
export const minLabelled = 50;

const folds = 5;
const lowestInverse = 0.1;
const highestInverse = 10;

/**
 * Temperature scaling (Guo, Pleiss, Sun and Weinberger 2017, 4.2): the one divisor of the class
 * scores that makes the labels most likely. The negative log-likelihood is convex in the
 * divisor's inverse, so that the optimum is the one zero of its slope. Looked for between 0.1
 * and 10. Errors are measured by cross-fitting: each fifth of the pictures with the temperature
 * of the other four. The order of the pictures decides the fifths.
 */
export function fitTemperature(pictures: readonly LabelledPredictions[]): TemperatureFit {
  const cases = casesOf(pictures);
  const labelled = cases.length;
  const without = (why: UnfittedTemperature['why']) =>
    ({ kind: 'not-fitted', why, labelled }) as const;
  if (labelled === 0) return without('no-labels');
  if (labelled < minLabelled) return without('too-few-labels');
  const inverse = likeliestInverse(cases);
  if (inverse === undefined) return without('no-optimum');

  const before = cases.map((one) => answerOf(one, 1));
  const after: Answer[] = [];
  for (let fold = 0; fold < folds; fold += 1) {
    const others = cases.filter((_, at) => at % folds !== fold);
    // A fold whose others are all right has no optimum; it is measured as it will be used.
    const held = likeliestInverse(others) ?? inverse;
    for (let at = fold; at < labelled; at += folds) {
      const one = cases[at];
      if (one !== undefined) after.push(answerOf(one, held));
    }
  }
  const calibrationError = {
    before: expectedCalibrationError(before),
    after: expectedCalibrationError(after),
  };
  const isCloser = calibrationError.after < calibrationError.before;
  if (lossOf(after) >= lossOf(before) || !isCloser) return without('no-gain');
  return { kind: 'fitted', temperature: 1 / inverse, labelled, calibrationError };
}

/** One labelled picture: the scores, and where among them the label stands. */
interface Case extends ClassScores {
  readonly target: number;
}

/**
 * Pictures whose label the model knows. One that a producer's cut list leaves out was predicted
 * wrong, and is what all that it left out stands for; it must count, or only right ones would.
 */
function casesOf(pictures: readonly LabelledPredictions[]): Case[] {
  const given = pictures.flatMap(({ predictions, label }) => {
    const scores = classScores(predictions);
    return scores === undefined ? [] : [{ ...scores, label }];
  });
  const known = new Set<string>();
  const lists = new Set<readonly string[]>();
  for (const { classes } of given) {
    // A model's own list is one and the same array for all pictures.
    if (lists.has(classes)) continue;
    lists.add(classes);
    for (const name of classes) known.add(name);
  }
  return given.flatMap(({ label, ...scores }) => {
    if (!known.has(label)) return [];
    const listed = scores.classes.indexOf(label);
    const target = listed >= 0 ? listed : scores.classes.length;
    return target < scores.scores.length ? [{ ...scores, target }] : [];
  });
}

/** Undefined where the optimum lies outside the bounds. */
function likeliestInverse(cases: readonly Case[]): number | undefined {
  let low = lowestInverse;
  let high = highestInverse;
  if (slopeAt(cases, low).slope > 0 || slopeAt(cases, high).slope < 0) return undefined;
  let inverse = 1;
  for (let step = 0; step < 60 && high - low > 1e-6 * low; step += 1) {
    const { slope, curvature } = slopeAt(cases, inverse);
    if (slope > 0) high = inverse;
    else low = inverse;
    const newton = inverse - slope / curvature;
    const next = newton > low && newton < high ? newton : Math.sqrt(low * high);
    if (Math.abs(next - inverse) < 1e-7 * inverse) return next;
    inverse = next;
  }
  return inverse;
}

/** First and second derivative of the mean negative log-likelihood by the inverse temperature. */
function slopeAt(cases: readonly Case[], inverse: number): { slope: number; curvature: number } {
  let slope = 0;
  let curvature = 0;
  for (const { scores, target } of cases) {
    const probabilities = softmax(scores, inverse);
    let mean = 0;
    for (let at = 0; at < scores.length; at += 1)
      mean += (probabilities[at] ?? 0) * (scores[at] ?? 0);
    let variance = 0;
    for (let at = 0; at < scores.length; at += 1)
      variance += (probabilities[at] ?? 0) * ((scores[at] ?? 0) - mean) ** 2;
    slope += (mean - (scores[target] ?? 0)) / cases.length;
    curvature += variance / cases.length;
  }
  return { slope, curvature };
}

interface Answer extends ConfidentAnswer {
  /** Negative logarithm of the probability that the label was given. */
  readonly loss: number;
}

function answerOf({ scores, best, target }: Case, inverse: number): Answer {
  const probabilities = softmax(scores, inverse);
  return {
    confidence: probabilities[best] ?? 0,
    right: best === target,
    loss: -Math.log(Math.max(Number.MIN_VALUE, probabilities[target] ?? 0)),
  };
}

function lossOf(answers: readonly Answer[]): number {
  return answers.reduce((sum, { loss }) => sum + loss, 0) / answers.length;
}
