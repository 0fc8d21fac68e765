import type { LabelledBox } from '../label.js';
import { intersectionOverUnion } from '../../score/confidence/boxes.js';
import { matchShapes } from './box-matching.js';
import type { MatchingRule, ShapeMatchingRule } from './box-matching.js';
import type { Shape } from './shape-kind.js';

export interface BoxAgreement {
  readonly matched: number;
  readonly leftOnly: number;
  readonly rightOnly: number;
  /** Mean intersection over union of the matched pairs, 0..1; NaN where none matched. */
  readonly meanIou: number;
  /** 2 * matched / (boxes of both), 0..1; 1 where both say that there is nothing. */
  readonly f1: number;
}

/**
 * How far two annotators' boxes of one picture agree. F1 asks whether they saw the same objects,
 * the mean IoU whether they put them in the same place (F1 as the harmonic mean of precision and
 * recall of either against the other: C. J. van Rijsbergen, Information Retrieval (1979) 7).
 */
export function boxAgreement(
  left: readonly LabelledBox[],
  right: readonly LabelledBox[],
  rule: MatchingRule,
): BoxAgreement {
  return shapeAgreement(left, right, { ...rule, overlap: intersectionOverUnion });
}

/** The same for shapes of any kind. */
export function shapeAgreement<S extends Shape>(
  left: readonly S[],
  right: readonly S[],
  rule: ShapeMatchingRule<S>,
): BoxAgreement {
  const { pairs, leftOnly, rightOnly } = matchShapes(left, right, rule);
  const boxes = left.length + right.length;
  return {
    matched: pairs.length,
    leftOnly: leftOnly.length,
    rightOnly: rightOnly.length,
    meanIou: pairs.reduce((sum, { iou }) => sum + iou, 0) / pairs.length,
    f1: boxes === 0 ? 1 : (2 * pairs.length) / boxes,
  };
}

/**
 * Over all pairs of lists of each picture; matched boxes and boxes are counted together, so that
 * a picture with many objects counts for as much.
 */
export function pooledAgreement<S extends Shape>(
  pictures: readonly (readonly (readonly S[])[])[],
  rule: ShapeMatchingRule<S>,
): Pick<BoxAgreement, 'meanIou' | 'f1'> {
  let matched = 0;
  let boxes = 0;
  let overlaps = 0;
  for (const lists of pictures) {
    lists.forEach((left, at) => {
      for (const right of lists.slice(at + 1)) {
        const { pairs } = matchShapes(left, right, rule);
        matched += pairs.length;
        boxes += left.length + right.length;
        overlaps += pairs.reduce((sum, { iou }) => sum + iou, 0);
      }
    });
  }
  return { meanIou: overlaps / matched, f1: boxes === 0 ? 1 : (2 * matched) / boxes };
}
