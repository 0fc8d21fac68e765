import { linearSumAssignment } from 'linear-sum-assignment';
import { intersectionOverUnion } from '../../score/confidence/boxes.js';
import type { LabelledBox } from '../label.js';
import type { Shape } from './shape-kind.js';

export interface MatchingRule {
  /** Intersection over union from which two boxes may be the same object, above 0 to 1. */
  readonly leastIou: number;
  /**
   * `same`: only boxes of one class match. `any`: boxes of one class first; what is left may match
   * across classes, as one object that was called two things.
   */
  readonly classes: 'same' | 'any';
}

export interface BoxMatching {
  readonly pairs: readonly BoxPair[];
  /** Places of the boxes that have no partner, in ascending order. */
  readonly leftOnly: readonly number[];
  readonly rightOnly: readonly number[];
}

export interface BoxPair {
  /** Places in the two lists. */
  readonly left: number;
  readonly right: number;
  /** Intersection over union, `leastIou` to 1. */
  readonly iou: number;
}

/**
 * Pairs the boxes of two lists one to one, so that the sum of the pairs' intersections over union
 * is the highest that there is (an assignment problem; H. W. Kuhn, The Hungarian method, Naval
 * Research Logistics Quarterly 2 (1955) 83-97). Pairs are in the order of `left`.
 */
export function matchBoxes(
  left: readonly LabelledBox[],
  right: readonly LabelledBox[],
  rule: MatchingRule,
): BoxMatching {
  return matchShapes(left, right, { ...rule, overlap: intersectionOverUnion });
}

export interface ShapeMatchingRule<S> extends MatchingRule {
  /** Intersection over union, 0..1. */
  readonly overlap: (a: S, b: S) => number;
}

/** The same for shapes of any kind. */
export function matchShapes<S extends Shape>(
  left: readonly S[],
  right: readonly S[],
  rule: ShapeMatchingRule<S>,
): BoxMatching {
  const all = { left: left.map((_, at) => at), right: right.map((_, at) => at) };
  const first = assign(left, right, all, rule, true);
  const pairs =
    rule.classes === 'same'
      ? first
      : [...first, ...assign(left, right, unpaired(all, first), rule, false)];
  const { left: leftOnly, right: rightOnly } = unpaired(all, pairs);
  return { pairs: pairs.toSorted((a, b) => a.left - b.left), leftOnly, rightOnly };
}

interface Places {
  readonly left: readonly number[];
  readonly right: readonly number[];
}

function unpaired(places: Places, pairs: readonly BoxPair[]): Places {
  const [left, right] = [
    new Set(pairs.map((pair) => pair.left)),
    new Set(pairs.map((pair) => pair.right)),
  ];
  return {
    left: places.left.filter((at) => !left.has(at)),
    right: places.right.filter((at) => !right.has(at)),
  };
}

function assign<S extends Shape>(
  left: readonly S[],
  right: readonly S[],
  places: Places,
  { leastIou, overlap }: ShapeMatchingRule<S>,
  sameClass: boolean,
): BoxPair[] {
  const gains = places.left.map((at) =>
    Float64Array.from(places.right, (other) => {
      const [a, b] = [left[at], right[other]];
      if (a === undefined || b === undefined) return 0;
      if (sameClass && a.class !== b.class) return 0;
      const iou = overlap(a, b);
      return iou >= leastIou ? iou : 0;
    }),
  );
  // A pair that may not be gains nothing; the assignment names some of them all the same.
  if (gains.every((row) => row.every((gain) => gain === 0))) return [];
  const { rowAssignments } = linearSumAssignment(gains);
  return gains.flatMap((row, at) => {
    const column = rowAssignments[at] ?? -1;
    const iou = row[column] ?? 0;
    const [one, other] = [places.left[at], places.right[column]];
    return iou > 0 && one !== undefined && other !== undefined
      ? [{ left: one, right: other, iou }]
      : [];
  });
}
