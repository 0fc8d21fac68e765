import type { AnnotatorId, TaskId } from '../../ids.js';
import type { Predictions } from '../../event/inference-event.js';
import { predictedClass } from '../../score/confidence/class-scores.js';
import { ambiguousPairs } from './ambiguous-pairs.js';
import type { AmbiguousPair, AnsweredUnit } from './ambiguous-pairs.js';
import { pooledBoxAgreement } from './box-agreement.js';
import { matchBoxes } from './box-matching.js';
import type { Coefficient } from './coefficient.js';
import { cohenKappa } from './cohen-kappa.js';
import { mildPrior } from './confusion-prior.js';
import { dawidSkene } from './dawid-skene.js';
import type { Rating } from './dawid-skene.js';
import { groupBy } from './group-by.js';
import { krippendorffAlpha } from './krippendorff-alpha.js';
import { mergeBoxes } from './merge-boxes.js';
import { anchoring, predictionEdit } from './pre-annotation.js';
import type { Anchoring } from './pre-annotation.js';
import { predictedBoxes } from './predicted-boxes.js';
import type { ImageSize } from './predicted-boxes.js';
import type { Answer } from './settle.js';

/** A task with all that annotators said of it. */
export interface ReportedTask {
  readonly task: TaskId;
  readonly opinions: readonly Answer[];
  readonly predictions: Predictions;
  readonly image: ImageSize;
  /** Whether annotators did not see the prediction. */
  readonly predictionHidden: boolean;
}

export interface QualityReport {
  /** Of class labels; undefined where there are none. */
  readonly classes: KindReport | undefined;
  /** Of boxes, object by object; who did not draw an object said `noObject` of it. */
  readonly boxes: (KindReport & BoxReport) | undefined;
  /** Of both. */
  readonly anchoring: Anchoring;
}

export interface KindReport {
  readonly tasks: number;
  readonly opinions: number;
  /** Krippendorff's alpha. */
  readonly alpha: Coefficient;
  /** In alphabetical order. */
  readonly annotators: readonly AnnotatorReport[];
  readonly ambiguousPairs: readonly AmbiguousPair[];
}

export interface AnnotatorReport {
  readonly annotator: AnnotatorId;
  readonly answers: number;
  /** Answers that are likely right, by Dawid and Skene, 0..1; says little where tasks have one opinion. */
  readonly accuracy: number;
  /** Cohen's kappa with each other annotator, by name. */
  readonly kappas: readonly { readonly with: AnnotatorId; readonly kappa: Coefficient }[];
}

export interface BoxReport {
  /** Over all pairs of opinions of a task: 2 * matched / boxes, 0..1. */
  readonly f1: number;
  /** Mean over matched boxes, 0..1; NaN where none matched. */
  readonly meanIou: number;
}

/** What an annotator is taken to say of an object that they did not draw. */
export const noObject = '(no object)';

/** How well annotators agree, what they are worth and which classes they confuse. */
export function qualityReport(tasks: readonly ReportedTask[], leastIou = 0.5): QualityReport {
  const answered = tasks.filter(({ opinions }) => opinions.length > 0);
  const classTasks = answered.filter(({ opinions }) => kindOf(opinions) === 'class');
  const boxTasks = answered.filter(({ opinions }) => kindOf(opinions) === 'boxes');
  return {
    classes: classTasks.length === 0 ? undefined : reportOf(classTasks, classTasks.map(classUnit)),
    boxes:
      boxTasks.length === 0
        ? undefined
        : {
            ...reportOf(
              boxTasks,
              boxTasks.flatMap((task) => objectUnits(task, leastIou)),
            ),
            ...pooledBoxAgreement(
              boxTasks.map((task) => drawnOn(task).map(({ boxes }) => boxes)),
              { leastIou, classes: 'same' },
            ),
          },
    anchoring: anchoring(
      answered.flatMap(({ opinions, predictions, image, predictionHidden }) =>
        opinions.map(({ body }) => ({
          hidden: predictionHidden,
          edit: predictionEdit(body, predictions, image),
        })),
      ),
    ),
  };
}

interface Unit extends AnsweredUnit {
  readonly name: string;
}

/** Undefined where opinions are of several kinds: the label set changed between them. */
function kindOf(opinions: readonly Answer[]): 'class' | 'boxes' | undefined {
  const kinds = new Set(opinions.map(({ body }) => body.kind));
  return kinds.size === 1 ? opinions[0]?.body.kind : undefined;
}

function classUnit({ task, opinions, predictions }: ReportedTask): Unit {
  return {
    name: task,
    answers: opinions.flatMap(({ annotator, body }) =>
      body.kind === 'class' ? [{ annotator, class: body.class }] : [],
    ),
    predicted: predictedClass(predictions),
  };
}

function objectUnits(reported: ReportedTask, leastIou: number): Unit[] {
  const { task, opinions, predictions, image } = reported;
  const groups = mergeBoxes(drawnOn(reported), leastIou);
  const predicted = predictions.kind === 'detection' ? predictedBoxes(predictions, image) : [];
  const merged = groups.map(({ box }) => box);
  const { pairs } = matchBoxes(merged, predicted, { leastIou, classes: 'any' });
  const called = new Map(pairs.map(({ left, right }) => [left, predicted[right]?.class]));
  return groups.map(({ members }, at) => ({
    name: `${task}#${at}`,
    answers: opinions.map(({ annotator }) => ({
      annotator,
      class: members.find((member) => member.annotator === annotator)?.box.class ?? noObject,
    })),
    predicted: called.get(at),
  }));
}

function reportOf(tasks: readonly ReportedTask[], units: readonly Unit[]): KindReport {
  const ratings = units.flatMap(({ name, answers }) =>
    answers.map((answer): Rating => ({ unit: name, ...answer })),
  );
  return {
    tasks: tasks.length,
    opinions: tasks.reduce((sum, { opinions }) => sum + opinions.length, 0),
    alpha: krippendorffAlpha(units.map(({ answers }) => answers.map((answer) => answer.class))),
    annotators: annotatorReports(ratings),
    ambiguousPairs: ambiguousPairs(units),
  };
}

function annotatorReports(ratings: readonly Rating[]): AnnotatorReport[] {
  const { classes, posteriors } = dawidSkene(ratings, { prior: mildPrior });
  const place = new Map(classes.map((name, at) => [name, at]));
  const said = groupBy(ratings, ({ annotator }) => annotator).map(([annotator, own]) => ({
    annotator,
    own,
    byUnit: new Map(own.map((rating) => [rating.unit, rating.class])),
  }));
  return said.map(({ annotator, own, byUnit }) => {
    const right = own.reduce(
      (sum, rating) => sum + (posteriors.get(rating.unit)?.[place.get(rating.class) ?? -1] ?? 0),
      0,
    );
    return {
      annotator,
      answers: own.length,
      accuracy: right / own.length,
      kappas: said
        .filter((other) => other.annotator !== annotator)
        .map((other) => ({
          with: other.annotator,
          kappa: cohenKappa(sharedAnswers(byUnit, other.byUnit)),
        })),
    };
  });
}

type AnswersByUnit = ReadonlyMap<string, string>;

function sharedAnswers(one: AnswersByUnit, other: AnswersByUnit): [string, string][] {
  return [...one].flatMap(([unit, first]): [string, string][] => {
    const second = other.get(unit);
    return second === undefined ? [] : [[first, second]];
  });
}

function drawnOn({ opinions }: ReportedTask) {
  return opinions.flatMap(({ annotator, body }) =>
    body.kind === 'boxes' ? [{ annotator, boxes: body.boxes }] : [],
  );
}
