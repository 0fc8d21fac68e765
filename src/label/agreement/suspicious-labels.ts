import type { TaskId } from '../../ids.js';
import type { Predictions } from '../../event/inference-event.js';
import type { LabelledNeighbour } from '../../score/neighbours.js';
import type { LabelBody } from '../label.js';
import { matchBoxes } from './box-matching.js';
import { confidentLearning, probabilitiesByClass } from './confident-learning.js';
import type { LabelIssue } from './confident-learning.js';
import { neighbourDisagreement } from './neighbour-disagreement.js';
import type { NeighbourDisagreement, NeighbourRule } from './neighbour-disagreement.js';
import { outlierBoxes } from './outlier-boxes.js';
import type { OutlierBox, OutlierRule } from './outlier-boxes.js';
import { predictedBoxes } from './predicted-boxes.js';
import type { PictureSize } from '../label-problem.js';
import { boxesOf } from './shape-kind.js';
import { percent, place } from './wording.js';

/** A task with its label, and what can be held against it. */
export interface LabelToCheck {
  readonly task: TaskId;
  readonly body: LabelBody;
  /** By the model whose event it was; it was not trained on this label. */
  readonly predictions: Predictions;
  readonly image: PictureSize;
  /** The nearest other pictures that have a class label; empty where they are not known. */
  readonly neighbours: readonly LabelledNeighbour[];
}

export interface SuspicionRule {
  readonly neighbours: NeighbourRule;
  readonly outliers: OutlierRule;
  readonly predictedBoxes: {
    /** Score from which the model is held to be sure of a box, 0..1. */
    readonly leastScore: number;
    /** IoU with a labelled box from which that is the predicted one, above 0 to 1. */
    readonly leastIou: number;
  };
}

const usualSuspicionRule: SuspicionRule = {
  neighbours: { leastNeighbours: 5, leastShare: 0.8 },
  outliers: { leastBoxes: 20, limit: 3.5 },
  predictedBoxes: { leastScore: 0.9, leastIou: 0.3 },
};

/** A label that wants a second look. */
export interface SuspiciousLabel {
  readonly task: TaskId;
  /** The strongest first; at least one. */
  readonly reasons: readonly Suspicion[];
  /** 0..1, for ranking: 1 less the product of what the reasons leave. */
  readonly strength: number;
}

export interface Suspicion {
  readonly kind:
    'model-disagrees' | 'neighbours-disagree' | 'unusual-box' | 'missing-box' | 'box-class';
  /** 0..1; comparable only roughly between kinds. */
  readonly strength: number;
  /** A sentence for whoever looks again. */
  readonly reason: string;
}

/** Labels that the model, their neighbours or the other boxes speak against, the strongest first. */
export function suspiciousLabels(
  labels: readonly LabelToCheck[],
  rule: SuspicionRule = usualSuspicionRule,
): SuspiciousLabel[] {
  const issues = new Map(
    confidentLearning(
      labels.flatMap(({ task, body, predictions }) => {
        const probabilities = probabilitiesByClass(predictions);
        return body.kind === 'class' && probabilities.size > 0
          ? [{ unit: task, label: body.class, probabilities }]
          : [];
      }),
    ).issues.map((issue) => [issue.unit, issue]),
  );
  const outliers = outlierBoxes(
    labels.map(({ body, image }) => ({ boxes: boxesOf(body), image })),
    rule.outliers,
  );
  return labels
    .flatMap((label, at): SuspiciousLabel[] => {
      const issue = issues.get(label.task);
      const reasons = [
        ...(issue === undefined ? [] : [againstModel(issue)]),
        ...againstNeighbours(label, rule.neighbours),
        ...(outliers[at] ?? []).map((outlier) => unusual(outlier, rule.outliers)),
        ...againstPredictedBoxes(label, rule.predictedBoxes),
      ].sort((a, b) => b.strength - a.strength);
      if (reasons.length === 0) return [];
      const left = reasons.reduce((product, { strength }) => product * (1 - strength), 1);
      return [{ task: label.task, reasons, strength: 1 - left }];
    })
    .sort((a, b) => b.strength - a.strength);
}

function againstModel({ label, likely, ofLabel, ofLikely, threshold }: LabelIssue): Suspicion {
  return {
    kind: 'model-disagrees',
    strength: Math.max(0, ofLikely - ofLabel),
    reason: `The model gives ${percent(ofLikely)} to ${likely} and ${percent(ofLabel)} to ${label}, as it was labelled; where ${likely} is labelled it gives ${percent(threshold)} on average.`,
  };
}

function againstNeighbours({ body, neighbours }: LabelToCheck, rule: NeighbourRule): Suspicion[] {
  if (body.kind !== 'class') return [];
  const found = neighbourDisagreement(body.class, neighbours, rule);
  return found === undefined
    ? []
    : [
        {
          kind: 'neighbours-disagree',
          strength: found.share,
          reason: neighbourReason(body.class, found),
        },
      ];
}

function neighbourReason(label: string, { others, same, of, class: name }: NeighbourDisagreement) {
  return `Of the ${of} nearest labelled pictures ${others} are ${name}, and ${same === 0 ? 'none is' : `${same} ${same === 1 ? 'is' : 'are'}`} ${label}, as this was labelled.`;
}

function unusual({ box, how, deviations, trait }: OutlierBox, { limit }: OutlierRule): Suspicion {
  const what = trait === 'position' ? `lies ${how} in the picture` : `is ${how}`;
  return {
    kind: 'unusual-box',
    strength: 1 - limit / deviations,
    reason: `The ${box.class} ${place(box)} ${what} for a ${box.class}: ${deviations.toFixed(1)} deviations from the median.`,
  };
}

function againstPredictedBoxes(
  { body, predictions, image }: LabelToCheck,
  { leastScore, leastIou }: SuspicionRule['predictedBoxes'],
): Suspicion[] {
  if (body.kind !== 'boxes' && body.kind !== 'polygons') return [];
  if (predictions.kind !== 'detection') return [];
  const labelledBoxes = boxesOf(body);
  const predicted = predictedBoxes(predictions, image);
  // All of them are matched, so that one that the model is less sure of takes its own box.
  const { pairs, leftOnly } = matchBoxes(predicted, labelledBoxes, { leastIou, classes: 'any' });
  const missing = leftOnly.flatMap((at): Suspicion[] => {
    const box = predicted[at];
    if (box === undefined || box.score < leastScore) return [];
    const reason = `The model is ${percent(box.score)} sure of a ${box.class} ${place(box)}; no box is there.`;
    return [{ kind: 'missing-box', strength: box.score, reason }];
  });
  const renamed = pairs.flatMap(({ left, right }): Suspicion[] => {
    const [box, labelled] = [predicted[left], labelledBoxes[right]];
    if (box === undefined || labelled === undefined) return [];
    if (box.score < leastScore || box.class === labelled.class) return [];
    const reason = `The model is ${percent(box.score)} sure that the ${labelled.class} ${place(labelled)} is a ${box.class}.`;
    return [{ kind: 'box-class', strength: box.score, reason }];
  });
  return [...missing, ...renamed];
}
