import type { AnnotatorId, TaskId } from '../../ids.js';
import type { LabelBody } from '../label.js';
import { boxAgreement } from './box-agreement.js';
import { matchBoxes } from './box-matching.js';

/** How an annotator did at one gold task. */
export interface GoldAnswer extends GoldMarks {
  readonly task: TaskId;
  readonly annotator: AnnotatorId;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly answeredAt: number;
}

export interface GoldMarks {
  readonly right: boolean;
  /** One per object that the gold label names (the picture itself, for a class). */
  readonly objects: readonly { readonly class: string; readonly right: boolean }[];
}

export interface MarkingRule {
  /** IoU from which a drawn box is the gold one, above 0 to 1. */
  readonly leastIou: number;
  /** F1 of the boxes from which the picture as a whole is right, 0..1. */
  readonly leastF1: number;
}

const usualMarkingRule: MarkingRule = { leastIou: 0.5, leastF1: 0.8 };

/** Holds an answer against the gold label. An answer of another kind is wrong in everything. */
export function markGold(
  answer: LabelBody,
  gold: LabelBody,
  { leastIou, leastF1 }: MarkingRule = usualMarkingRule,
): GoldMarks {
  switch (gold.kind) {
    case 'class': {
      const right = answer.kind === 'class' && answer.class === gold.class;
      return { right, objects: [{ class: gold.class, right }] };
    }
    case 'boxes': {
      const drawn = answer.kind === 'boxes' ? answer.boxes : [];
      const rule = { leastIou, classes: 'same' } as const;
      const missed = new Set(matchBoxes(gold.boxes, drawn, rule).leftOnly);
      return {
        right: answer.kind === 'boxes' && boxAgreement(gold.boxes, drawn, rule).f1 >= leastF1,
        objects: gold.boxes.map((box, at) => ({ class: box.class, right: !missed.has(at) })),
      };
    }
  }
}
