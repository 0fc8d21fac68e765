import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotatorId } from '../../ids.js';
import { intersectionOverUnion } from '../../score/confidence/boxes.js';
import type { LabelledBox } from '../label.js';
import { boxAgreement, pooledAgreement } from './box-agreement.js';
import { matchBoxes } from './box-matching.js';
import { mergeShapes } from './merge-shapes.js';
import { boxKind } from './shape-kind.js';

function box(x: number, y: number, side = 10, name = 'cat'): LabelledBox {
  return { class: name, x, y, width: side, height: side };
}

const near = fc.record({
  class: fc.constantFrom<string>('cat', 'dog'),
  x: fc.integer({ min: 0, max: 20 }),
  y: fc.integer({ min: 0, max: 20 }),
  width: fc.integer({ min: 5, max: 25 }),
  height: fc.integer({ min: 5, max: 25 }),
});

/** The best sum of IoU, by trying all pairings. */
function bestSum(
  left: readonly LabelledBox[],
  right: readonly LabelledBox[],
  least: number,
): number {
  const [first, ...others] = left;
  if (first === undefined) return 0;
  let best = bestSum(others, right, least);
  right.forEach((candidate, at) => {
    const iou = candidate.class === first.class ? intersectionOverUnion(first, candidate) : 0;
    if (iou < least || iou === 0) return;
    best = Math.max(best, iou + bestSum(others, right.toSpliced(at, 1), least));
  });
  return best;
}

describe('matchBoxes', () => {
  it('pairs for the best sum, where the nearest first would lose a pair', () => {
    // The first of the left overlaps both; taking its best leaves the second alone.
    const left = [box(0, 0), box(4, 0)];
    const right = [box(2, 0), box(-3, 0)];
    const { pairs } = matchBoxes(left, right, { leastIou: 0.3, classes: 'same' });
    expect(pairs.map((pair) => [pair.left, pair.right])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('keeps classes apart, or matches what is left across classes', () => {
    const left = [box(0, 0), box(50, 0)];
    const right = [box(0, 0, 10, 'dog'), box(1, 0), box(50, 0, 10, 'dog')];
    const same = matchBoxes(left, right, { leastIou: 0.5, classes: 'same' });
    expect(same.pairs.map((pair) => [pair.left, pair.right])).toEqual([[0, 1]]);
    expect(same).toMatchObject({ leftOnly: [1], rightOnly: [0, 2] });
    const any = matchBoxes(left, right, { leastIou: 0.5, classes: 'any' });
    expect(any.pairs.map((pair) => [pair.left, pair.right])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  it('takes empty lists', () => {
    const rule = { leastIou: 0.5, classes: 'any' } as const;
    expect(matchBoxes([], [], rule)).toEqual({ pairs: [], leftOnly: [], rightOnly: [] });
    expect(matchBoxes([], [box(0, 0)], rule).rightOnly).toEqual([0]);
  });

  it('is as good as trying all pairings', () => {
    const few = fc.array(near, { maxLength: 5 });
    fc.assert(
      fc.property(few, few, fc.constantFrom(0.1, 0.3, 0.5), (left, right, leastIou) => {
        const matching = matchBoxes(left, right, { leastIou, classes: 'same' });
        const sum = matching.pairs.reduce((all, { iou }) => all + iou, 0);
        expect(sum).toBeCloseTo(bestSum(left, right, leastIou), 9);
        expect(matching.pairs.every(({ iou }) => iou >= leastIou)).toBe(true);
        const lefts = [...matching.pairs.map((pair) => pair.left), ...matching.leftOnly];
        const rights = [...matching.pairs.map((pair) => pair.right), ...matching.rightOnly];
        expect(lefts.sort()).toEqual(left.map((_, at) => at));
        expect(rights.sort()).toEqual(right.map((_, at) => at));
      }),
    );
  });
});

describe('boxAgreement', () => {
  const rule = { leastIou: 0.5, classes: 'same' } as const;
  const pooled = { ...rule, overlap: boxKind.overlap } as const;

  it('counts what both saw, and how well the places agree', () => {
    // 10 x 10 boxes two pixels apart share 80 of 120 pixels.
    const found = boxAgreement([box(0, 0), box(50, 0)], [box(2, 0)], rule);
    expect(found).toMatchObject({ matched: 1, leftOnly: 1, rightOnly: 0, f1: 2 / 3 });
    expect(found.meanIou).toBeCloseTo(80 / 120, 12);
  });

  it('is full where both see nothing', () => {
    expect(boxAgreement([], [], rule)).toMatchObject({ f1: 1, meanIou: Number.NaN });
    expect(pooledAgreement([[[], []]], pooled).f1).toBe(1);
  });

  it('over several counts all pairs together', () => {
    const lists = [[box(0, 0)], [box(0, 0)], []];
    expect(pooledAgreement([lists], pooled)).toEqual({ meanIou: 1, f1: 0.5 });
  });
});

describe('mergeShapes', () => {
  it('takes the median of each edge and votes on class and presence', () => {
    const groups = mergeShapes(
      [
        { annotator: annotatorId('ada'), shapes: [box(0, 0), box(60, 60)] },
        { annotator: annotatorId('bob'), shapes: [box(1, 0)] },
        { annotator: annotatorId('cyd'), shapes: [box(2, 3, 10, 'dog')] },
      ],
      0.4,
      boxKind,
    );
    expect(groups.map(({ members }) => members.length).sort()).toEqual([1, 3]);
    const [shared] = groups.filter(({ members }) => members.length === 3);
    expect(shared?.shape).toEqual({ class: 'cat', x: 1, y: 0, width: 10, height: 10 });
    expect(shared?.class).toMatchObject({ kind: 'majority', votes: 2, of: 3 });
    expect(shared?.members.map(({ annotator }) => annotator)).toEqual(['ada', 'bob', 'cyd']);
  });

  it('loses and doubles no box, takes one per annotator, and does not mind the order', () => {
    const lists = fc.array(fc.array(near, { maxLength: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(lists, (drawn) => {
        const named = drawn.map((shapes, at) => ({ annotator: annotatorId(`${at}`), shapes }));
        const groups = mergeShapes(named, 0.4, boxKind);
        const members = groups.flatMap((group) => group.members);
        expect(members).toHaveLength(drawn.flat().length);
        for (const group of groups) {
          const names = group.members.map(({ annotator }) => annotator);
          expect(new Set(names).size).toBe(names.length);
          expect(Math.min(group.shape.width, group.shape.height)).toBeGreaterThan(0);
        }
        expect(mergeShapes(named.toReversed(), 0.4, boxKind)).toEqual(groups);
      }),
    );
  });
});
