import type { TaskId } from '../../ids.js';
import type { Predictions } from '../../event/inference-event.js';
import { predictedClass } from '../../score/confidence/class-scores.js';
import type { LabelBody, LabelledBox } from '../label.js';
import { matchBoxes } from './box-matching.js';
import { differenceInterval, rate } from './interval.js';
import type { Interval, Rate } from './interval.js';
import { predictedBoxes } from './predicted-boxes.js';
import type { PictureSize } from '../label-problem.js';
import { boxesOf } from './shape-kind.js';
import { seededDraw } from './seeded-draw.js';

/** What an annotator made of the model's prediction. */
export type PredictionEdit =
  /** There was no prediction, or one of another kind than the label. */
  | { readonly kind: 'no-prediction' }
  | {
      readonly kind: 'class';
      readonly accepted: boolean;
      readonly predicted: string;
      readonly labelled: string;
    }
  | {
      readonly kind: 'boxes';
      /** Every box was kept with its class, within `unmoved`, and none was added or removed. */
      readonly accepted: boolean;
      /** Predicted boxes that the label has too. */
      readonly kept: number;
      /** Of those, moved: they share less than `unmoved` with the predicted ones. */
      readonly moved: number;
      /** Of those, called another class. */
      readonly renamed: readonly { readonly predicted: string; readonly labelled: string }[];
      /** Mean of 1 - IoU over the kept ones, 0..1; NaN where none was kept. */
      readonly meanShift: number;
      readonly added: number;
      readonly removed: number;
    };

export interface EditRule {
  /** IoU from which a labelled box is the predicted one, above 0 to 1. */
  readonly leastIou: number;
  /** IoU from which it counts as not moved, up to 1. */
  readonly unmoved: number;
  /** Predicted boxes that score below this were not shown, 0..1. */
  readonly leastScore: number;
}

const usualEditRule: EditRule = { leastIou: 0.5, unmoved: 0.95, leastScore: 0 };

/** @param image The picture that was labelled; the model may have seen it in another size. */
export function predictionEdit(
  body: LabelBody,
  predictions: Predictions,
  image: PictureSize,
  rule: EditRule = usualEditRule,
): PredictionEdit {
  switch (body.kind) {
    case 'class': {
      const predicted = predictedClass(predictions);
      if (predicted === undefined) return { kind: 'no-prediction' };
      const { kind, class: labelled } = body;
      return { kind, accepted: predicted === labelled, predicted, labelled };
    }
    // A model that gives one class of a picture says nothing of whether others apply.
    case 'classes':
      return { kind: 'no-prediction' };
    // A detector's boxes are compared with the ones around the outlines.
    case 'boxes':
    case 'polygons': {
      if (predictions.kind !== 'detection') return { kind: 'no-prediction' };
      const predicted = predictedBoxes(predictions, image);
      const shown = predicted.filter(({ score }) => score >= rule.leastScore);
      return boxEdit(boxesOf(body), shown, rule);
    }
  }
}

function boxEdit(
  labelled: readonly LabelledBox[],
  predicted: readonly LabelledBox[],
  { leastIou, unmoved }: EditRule,
): PredictionEdit {
  const { pairs, leftOnly, rightOnly } = matchBoxes(predicted, labelled, {
    leastIou,
    classes: 'any',
  });
  const renamed = pairs.flatMap(({ left, right }) => {
    const [from, to] = [predicted[left]?.class ?? '', labelled[right]?.class ?? ''];
    return from === to ? [] : [{ predicted: from, labelled: to }];
  });
  const moved = pairs.filter(({ iou }) => iou < unmoved).length;
  const [removed, added] = [leftOnly.length, rightOnly.length];
  return {
    kind: 'boxes',
    accepted: renamed.length + moved + added + removed === 0,
    kept: pairs.length,
    moved,
    renamed,
    meanShift: pairs.reduce((sum, { iou }) => sum + 1 - iou, 0) / pairs.length,
    added,
    removed,
  };
}

/**
 * Whether a task hides the model's prediction from annotators, so that anchoring can be measured.
 * Drawn by the task's id: all who get the task see the same, and again the same later.
 *
 * @param share Share of tasks that hide it, 0..1.
 */
export function hidesPrediction(task: TaskId, share: number): boolean {
  return seededDraw('hidden-prediction', task) < share;
}

export interface Anchoring {
  /** Labels that agree with the model, of tasks that showed its prediction. */
  readonly shown: Rate;
  /** The same of tasks that hid it. */
  readonly hidden: Rate;
  /** Share shown less share hidden, -1..1; NaN where either has no tasks. */
  readonly difference: number;
  /** 95 %; above 0 as a whole, annotators follow the model where they see it. */
  readonly interval: Interval;
}

/** How much oftener labels agree with the model where annotators see what it said. */
export function anchoring(
  answers: readonly { readonly hidden: boolean; readonly edit: PredictionEdit }[],
): Anchoring {
  const [shown, hidden] = [acceptance(answers, false), acceptance(answers, true)];
  return {
    shown,
    hidden,
    difference: shown.share - hidden.share,
    interval: differenceInterval(shown, hidden),
  };
}

function acceptance(
  answers: readonly { readonly hidden: boolean; readonly edit: PredictionEdit }[],
  hidden: boolean,
): Rate {
  const accepted = answers.flatMap(({ edit, ...answer }) =>
    answer.hidden === hidden && edit.kind !== 'no-prediction' ? [agrees(edit)] : [],
  );
  return rate(accepted.filter((yes) => yes).length, accepted.length);
}

/**
 * Nobody draws a hidden box to the pixel: of boxes only their number and classes are compared,
 * else every hidden picture with boxes would differ.
 */
function agrees(edit: Exclude<PredictionEdit, { kind: 'no-prediction' }>): boolean {
  return edit.kind === 'class'
    ? edit.accepted
    : edit.added + edit.removed + edit.renamed.length === 0;
}
