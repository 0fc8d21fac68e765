import type { AnnotatorId } from '../../ids.js';
import { intersectionOverUnion } from '../../score/confidence/boxes.js';
import type { LabelledBox } from '../label.js';
import { boxAgreement } from './box-agreement.js';
import { matchBoxes } from './box-matching.js';
import { majority } from './majority.js';
import type { Majority } from './majority.js';
import { median } from './median.js';

/** All boxes that one annotator drew on a picture. */
export interface DrawnBoxes {
  readonly annotator: AnnotatorId;
  readonly boxes: readonly LabelledBox[];
}

/** What several annotators drew of one object. */
export interface BoxGroup {
  /** One box per annotator who saw it, in the order of the annotators' names. */
  readonly members: readonly { readonly annotator: AnnotatorId; readonly box: LabelledBox }[];
  /** Annotators who drew on the picture, with or without this object. */
  readonly annotators: number;
  /** The median of each edge (of two: the mean), with the class that won; of a tie the first. */
  readonly box: LabelledBox;
  /** The vote on its class. */
  readonly class: Majority;
  /** Mean intersection over union of the members with `box`, 0..1. */
  readonly placement: number;
}

/**
 * Gathers boxes of the same object across annotators. It begins with the boxes of the annotator
 * who agrees best with all others, and matches the others' boxes, best agreeing first, with the
 * medians of what is gathered; what matches nothing begins a group. Boxes match by IoU, those of
 * one class first. The order of `drawn` does not matter. Groups are in the order in which they
 * began.
 *
 * Matching all at once is NP-hard from three annotators on (three-dimensional matching, R. M. Karp
 * 1972); this is exact for two.
 */
export function mergeBoxes(drawn: readonly DrawnBoxes[], leastIou: number): BoxGroup[] {
  const rule = { leastIou, classes: 'any' } as const;
  const groups: { annotator: AnnotatorId; box: LabelledBox }[][] = [];
  for (const { annotator, boxes } of byAgreement(drawn, leastIou)) {
    const medians = groups.map((members) => merged(members.map(({ box }) => box)));
    const { pairs, rightOnly } = matchBoxes(medians, boxes, rule);
    for (const { left, right } of pairs) {
      const box = boxes[right];
      if (box !== undefined) groups[left]?.push({ annotator, box });
    }
    for (const at of rightOnly) {
      const box = boxes[at];
      if (box !== undefined) groups.push([{ annotator, box }]);
    }
  }
  return groups.map((members) => {
    const boxes = members.map(({ box }) => box);
    const box = merged(boxes);
    const overlaps = boxes.map((member) => intersectionOverUnion(member, box));
    return {
      members: members.toSorted((a, b) => compare(a.annotator, b.annotator)),
      annotators: drawn.length,
      box,
      class: majority(boxes.map((member) => member.class)),
      placement: overlaps.reduce((sum, iou) => sum + iou, 0) / overlaps.length,
    };
  });
}

function byAgreement(drawn: readonly DrawnBoxes[], leastIou: number): DrawnBoxes[] {
  const rule = { leastIou, classes: 'any' } as const;
  const named = drawn.toSorted((a, b) => compare(a.annotator, b.annotator));
  const sums = named.map((one) =>
    named.reduce((sum, other) => {
      if (other === one) return sum;
      const { f1, matched, meanIou } = boxAgreement(one.boxes, other.boxes, rule);
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

function merged(boxes: readonly LabelledBox[]): LabelledBox {
  const vote = majority(boxes.map((box) => box.class));
  const x = median(boxes.map((box) => box.x));
  const y = median(boxes.map((box) => box.y));
  return {
    class:
      vote.kind === 'majority' ? vote.class : vote.kind === 'tied' ? (vote.classes[0] ?? '') : '',
    x,
    y,
    width: median(boxes.map((box) => box.x + box.width)) - x,
    height: median(boxes.map((box) => box.y + box.height)) - y,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
