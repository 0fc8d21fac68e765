import { describe, expect, it } from 'vitest';
import { candidate } from '../../test/conformance/candidate.js';
import { annotatorId, batchId, modelName } from '../ids.js';
import type { LabelBody } from '../label/label.js';
import { overlapBy, settleUnanimously } from './rules.js';
import type { Opinion } from './task.js';

describe('the overlap', () => {
  it('is one opinion without a rule, and that of the first rule that matches', () => {
    expect(overlapBy([])(candidate(1))).toBe(1);
    const rules = overlapBy([
      { reason: 'blur', opinions: 3 },
      { modelName: modelName('boats'), opinions: 2 },
      { reason: 'dark', modelName: modelName('animals'), opinions: 4 },
    ]);
    expect(rules(candidate(1, { reasons: ['blur', 'dark'] }))).toBe(3);
    expect(rules(candidate(1, { model: 'boats' }))).toBe(2);
    expect(rules(candidate(1))).toBe(4);
    expect(rules(candidate(1, { control: true }))).toBe(1);
  });

  it('of a share is drawn by the task alone, in about that share', () => {
    const rules = overlapBy([
      { share: 0.25, opinions: 2 },
      { share: 0, opinions: 9 },
    ]);
    const drawn = Array.from({ length: 4000 }, (_, n) => rules(candidate(n)));
    expect(drawn).toEqual(Array.from({ length: 4000 }, (_, n) => rules(candidate(n))));
    const twos = drawn.filter((overlap) => overlap === 2).length;
    // Six standard deviations of 4,000 draws.
    expect(Math.abs(twos - 1000)).toBeLessThan(6 * Math.sqrt(4000 * 0.25 * 0.75));
    expect(drawn).not.toContain(9);
  });
});

describe('settling unanimously', () => {
  const opinion = (body: LabelBody): Opinion => ({
    body,
    annotator: annotatorId('a'),
    batchId: batchId('b'),
    fence: 1,
    round: 1,
    heldMs: 0,
    givenAt: 0,
    labelSet: 'a@1',
  });
  const cat: LabelBody = { kind: 'class', class: 'cat' };
  const box = { class: 'cat', x: 1, y: 1, width: 2, height: 2 };

  it('agrees on the same body only', () => {
    expect(settleUnanimously([cat, { ...cat }].map(opinion))).toEqual({
      kind: 'agreed',
      body: cat,
    });
    const bodies: LabelBody[] = [cat, cat, { kind: 'class', class: 'dog' }];
    expect(settleUnanimously(bodies.map(opinion))).toEqual({ kind: 'disputed' });
    const boxes: LabelBody[] = [
      { kind: 'boxes', boxes: [box] },
      { kind: 'boxes', boxes: [{ ...box, x: 2 }] },
    ];
    expect(settleUnanimously(boxes.map(opinion))).toEqual({ kind: 'disputed' });
    expect(settleUnanimously([])).toEqual({ kind: 'disputed' });
  });
});
