import type { AnnotatorId, TaskId } from '../../ids.js';
import type { LabelBody } from '../label.js';
import { shapeAgreement } from './box-agreement.js';
import { matchShapes } from './box-matching.js';
import { boxKind, polygonKind } from './shape-kind.js';
import type { Shape, ShapeKind } from './shape-kind.js';

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
  /** IoU from which a drawn box or polygon is the gold one, above 0 to 1. */
  readonly leastIou: number;
  /** F1 of the boxes or polygons from which the picture as a whole is right, 0..1. */
  readonly leastF1: number;
}

const usualMarkingRule: MarkingRule = { leastIou: 0.5, leastF1: 0.8 };

/**
 * Holds an answer against the gold label. An answer of another kind is wrong in everything.
 * Attributes and text are not marked.
 */
export function markGold(
  answer: LabelBody,
  gold: LabelBody,
  rule: MarkingRule = usualMarkingRule,
): GoldMarks {
  switch (gold.kind) {
    case 'class': {
      const right = answer.kind === 'class' && answer.class === gold.class;
      return { right, objects: [{ class: gold.class, right }] };
    }
    case 'classes': {
      const said = new Set(answer.kind === 'classes' ? answer.classes : []);
      const objects = gold.classes.map((name) => ({ class: name, right: said.has(name) }));
      const same = said.size === objects.length && objects.every(({ right }) => right);
      return { right: answer.kind === 'classes' && same, objects };
    }
    case 'boxes': {
      const drawn = answer.kind === 'boxes' ? answer.boxes : undefined;
      return markShapes(drawn, gold.boxes, rule, boxKind);
    }
    case 'polygons': {
      const drawn = answer.kind === 'polygons' ? answer.polygons : undefined;
      return markShapes(drawn, gold.polygons, rule, polygonKind);
    }
  }
}

/** @param drawn Undefined where the answer is of another kind. */
function markShapes<S extends Shape>(
  drawn: readonly S[] | undefined,
  gold: readonly S[],
  { leastIou, leastF1 }: MarkingRule,
  { overlap }: ShapeKind<S>,
): GoldMarks {
  const rule = { leastIou, classes: 'same', overlap } as const;
  const missed = new Set(matchShapes(gold, drawn ?? [], rule).leftOnly);
  return {
    right: drawn !== undefined && shapeAgreement(gold, drawn, rule).f1 >= leastF1,
    objects: gold.map((shape, at) => ({ class: shape.class, right: !missed.has(at) })),
  };
}
