import type { AnnotatorId } from '../../ids.js';
import { shapeAgreement } from './box-agreement.js';
import { matchShapes } from './box-matching.js';
import { majority } from './majority.js';
import type { Majority } from './majority.js';
import type { Shape, ShapeKind } from './shape-kind.js';

/** All objects that one annotator drew on a picture. */
export interface Drawn<S extends Shape> {
  readonly annotator: AnnotatorId;
  readonly shapes: readonly S[];
}

/** What several annotators drew of one object. */
export interface ShapeGroup<S extends Shape> {
  /** One shape per annotator who saw it, in the order of the annotators' names. */
  readonly members: readonly { readonly annotator: AnnotatorId; readonly shape: S }[];
  /** Annotators who drew on the picture, with or without this object. */
  readonly annotators: number;
  /** `merged` of the members (ShapeKind), with the class that won; of a tie the first. */
  readonly shape: S;
  /** The vote on its class. */
  readonly class: Majority;
  /** Mean intersection over union of the members with `shape`, 0..1. */
  readonly placement: number;
}

/**
 * Gathers shapes of the same object across annotators. It begins with the shapes of the annotator
 * who agrees best with all others, and matches the others' shapes, best agreeing first, with what
 * is gathered, merged; what matches nothing begins a group. Shapes match by IoU, those of
 * one class first. The order of `drawn` does not matter. Groups are in the order in which they
 * began.
 *
 * Matching all at once is NP-hard from three annotators on (three-dimensional matching, R. M. Karp
 * 1972); this is exact for two.
 */
export function mergeShapes<S extends Shape>(
  drawn: readonly Drawn<S>[],
  leastIou: number,
  kind: ShapeKind<S>,
): ShapeGroup<S>[] {
  const rule = { leastIou, classes: 'any', overlap: kind.overlap } as const;
  const groups: { annotator: AnnotatorId; shape: S }[][] = [];
  for (const { annotator, shapes } of byAgreement(drawn, leastIou, kind)) {
    const gathered = groups.map((members) => kind.merged(members.map(({ shape }) => shape)));
    const { pairs, rightOnly } = matchShapes(gathered, shapes, rule);
    for (const { left, right } of pairs) {
      const shape = shapes[right];
      if (shape !== undefined) groups[left]?.push({ annotator, shape });
    }
    for (const at of rightOnly) {
      const shape = shapes[at];
      if (shape !== undefined) groups.push([{ annotator, shape }]);
    }
  }
  return groups.map((members) => {
    const shapes = members.map(({ shape }) => shape);
    const shape = kind.merged(shapes);
    const overlaps = shapes.map((member) => kind.overlap(member, shape));
    return {
      members: members.toSorted((a, b) => compare(a.annotator, b.annotator)),
      annotators: drawn.length,
      shape,
      class: majority(shapes.map((member) => member.class)),
      placement: overlaps.reduce((sum, iou) => sum + iou, 0) / overlaps.length,
    };
  });
}

function byAgreement<S extends Shape>(
  drawn: readonly Drawn<S>[],
  leastIou: number,
  { overlap }: ShapeKind<S>,
): Drawn<S>[] {
  const rule = { leastIou, classes: 'any', overlap } as const;
  const named = drawn.toSorted((a, b) => compare(a.annotator, b.annotator));
  const sums = named.map((one) =>
    named.reduce((sum, other) => {
      if (other === one) return sum;
      const { f1, matched, meanIou } = shapeAgreement(one.shapes, other.shapes, rule);
      return sum + f1 + (matched > 0 ? meanIou : 0);
    }, 0),
  );
  // Sums in two orders differ in the last digits; names break what is a tie but for that.
  const rounded = sums.map((sum) => Math.round(sum * 1e9));
  return named
    .map((one, at) => ({ one, sum: rounded[at] ?? 0 }))
    .sort((a, b) => b.sum - a.sum)
    .map(({ one }) => one);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
