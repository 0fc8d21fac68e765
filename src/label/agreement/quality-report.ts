import type { AnnotatorId, TaskId } from '../../ids.js';
import type { Predictions } from '../../event/inference-event.js';
import { predictedClass } from '../../score/confidence/class-scores.js';
import type { LabelBody } from '../label.js';
import { ambiguousPairs } from './ambiguous-pairs.js';
import type { AmbiguousPair, AnsweredUnit } from './ambiguous-pairs.js';
import { pooledAgreement } from './box-agreement.js';
import { matchBoxes } from './box-matching.js';
import type { Coefficient } from './coefficient.js';
import { cohenKappa } from './cohen-kappa.js';
import { mildPrior } from './confusion-prior.js';
import { dawidSkene } from './dawid-skene.js';
import type { Rating } from './dawid-skene.js';
import { groupBy } from './group-by.js';
import { krippendorffAlpha } from './krippendorff-alpha.js';
import { mergeShapes } from './merge-shapes.js';
import type { Drawn } from './merge-shapes.js';
import { boxKind, polygonKind } from './shape-kind.js';
import type { Shape, ShapeKind } from './shape-kind.js';
import { anchoring, predictionEdit } from './pre-annotation.js';
import type { Anchoring } from './pre-annotation.js';
import { predictedBoxes } from './predicted-boxes.js';
import type { PictureSize } from '../label-problem.js';
import type { Answer } from './settlement.js';

/** A task with all that annotators said of it. */
export interface ReportedTask {
  readonly task: TaskId;
  readonly opinions: readonly Answer[];
  readonly predictions: Predictions;
  readonly image: PictureSize;
  /** Whether annotators did not see the prediction. */
  readonly predictionHidden: boolean;
}

export interface QualityReport {
  /** Of labels of one class; undefined where there are none, as everywhere here. */
  readonly classes: KindReport | undefined;
  /** Of labels of several classes, class by class; who did not pick a class said `noObject` of it. */
  readonly severalClasses: KindReport | undefined;
  /** Of boxes, object by object; who did not draw an object said `noObject` of it. */
  readonly boxes: (KindReport & BoxReport) | undefined;
  /** Of polygons, in the same way. */
  readonly polygons: (KindReport & BoxReport) | undefined;
  /** Of all. */
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

/** What an annotator is taken to say of an object that they did not draw, or a class that they did not pick. */
export const noObject = '(no object)';

/** How well annotators agree, what they are worth and which classes they confuse. */
export function qualityReport(tasks: readonly ReportedTask[], leastIou = 0.5): QualityReport {
  const answered = tasks.filter(({ opinions }) => opinions.length > 0);
  const ofKind = (kind: LabelBody['kind']) =>
    answered.filter(({ opinions }) => kindOf(opinions) === kind);
  return {
    classes: reportOf(ofKind('class'), classUnits),
    severalClasses: reportOf(ofKind('classes'), pickUnits),
    boxes: shapeReport(ofKind('boxes'), leastIou, boxKind, (body) =>
      body.kind === 'boxes' ? body.boxes : [],
    ),
    polygons: shapeReport(ofKind('polygons'), leastIou, polygonKind, (body) =>
      body.kind === 'polygons' ? body.polygons : [],
    ),
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
function kindOf(opinions: readonly Answer[]): LabelBody['kind'] | undefined {
  const kinds = new Set(opinions.map(({ body }) => body.kind));
  return kinds.size === 1 ? opinions[0]?.body.kind : undefined;
}

function classUnits({ task, opinions, predictions }: ReportedTask): Unit[] {
  const answers = opinions.flatMap(({ annotator, body }) =>
    body.kind === 'class' ? [{ annotator, class: body.class }] : [],
  );
  return [{ name: task, answers, predicted: predictedClass(predictions) }];
}

/** One for each class that somebody picked; the model's one class says nothing of the others. */
function pickUnits({ task, opinions }: ReportedTask): Unit[] {
  const picks = opinions.flatMap(({ annotator, body }) =>
    body.kind === 'classes' ? [{ annotator, picked: new Set(body.classes) }] : [],
  );
  const names = new Set(picks.flatMap(({ picked }) => [...picked]));
  return [...names].map((name) => ({
    name: `${task}: ${name}`,
    answers: picks.map(({ annotator, picked }) => ({
      annotator,
      class: picked.has(name) ? name : noObject,
    })),
    predicted: undefined,
  }));
}

function shapeReport<S extends Shape>(
  tasks: readonly ReportedTask[],
  leastIou: number,
  kind: ShapeKind<S>,
  shapesIn: (body: LabelBody) => readonly S[],
): (KindReport & BoxReport) | undefined {
  const drawnOn = ({ opinions }: ReportedTask): Drawn<S>[] =>
    opinions.map(({ annotator, body }) => ({ annotator, shapes: shapesIn(body) }));
  const report = reportOf(tasks, (task) => objectUnits(task, drawnOn(task), leastIou, kind));
  return (
    report && {
      ...report,
      ...pooledAgreement(
        tasks.map((task) => drawnOn(task).map(({ shapes }) => shapes)),
        { leastIou, classes: 'same', overlap: kind.overlap },
      ),
    }
  );
}

function objectUnits<S extends Shape>(
  { task, opinions, predictions, image }: ReportedTask,
  drawn: readonly Drawn<S>[],
  leastIou: number,
  kind: ShapeKind<S>,
): Unit[] {
  const groups = mergeShapes(drawn, leastIou, kind);
  const predicted = predictions.kind === 'detection' ? predictedBoxes(predictions, image) : [];
  const merged = groups.map(({ shape }) => ({ class: shape.class, ...kind.bounds(shape) }));
  const { pairs } = matchBoxes(merged, predicted, { leastIou, classes: 'any' });
  const called = new Map(pairs.map(({ left, right }) => [left, predicted[right]?.class]));
  return groups.map(({ members }, at) => ({
    name: `${task}#${at}`,
    answers: opinions.map(({ annotator }) => ({
      annotator,
      class: members.find((member) => member.annotator === annotator)?.shape.class ?? noObject,
    })),
    predicted: called.get(at),
  }));
}

/** Undefined of no tasks. */
function reportOf(
  tasks: readonly ReportedTask[],
  unitsOf: (task: ReportedTask) => readonly Unit[],
): KindReport | undefined {
  if (tasks.length === 0) return undefined;
  const units = tasks.flatMap(unitsOf);
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
