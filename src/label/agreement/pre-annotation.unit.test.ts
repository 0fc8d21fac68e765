import { describe, expect, it } from 'vitest';
import { taskId } from '../../ids.js';
import type { Predictions } from '../../event/inference-event.js';
import type { LabelledBox } from '../label.js';
import { anchoring, hidesPrediction, predictionEdit } from './pre-annotation.js';
import type { PredictionEdit } from './pre-annotation.js';

const image = { width: 200, height: 100 };
const cat: LabelledBox = { class: 'cat', x: 0, y: 0, width: 20, height: 20 };

function detection(...boxes: LabelledBox[]): Predictions {
  return {
    kind: 'detection',
    imageWidth: 200,
    imageHeight: 100,
    boxes: boxes.map(({ class: label, ...box }) => ({ label, score: 0.9, ...box })),
  };
}

describe('predictionEdit', () => {
  it('compares a class', () => {
    const predictions: Predictions = {
      kind: 'classification',
      classes: ['cat', 'dog'],
      logits: [1, 3],
    };
    expect(predictionEdit({ kind: 'class', class: 'dog' }, predictions, image)).toEqual({
      kind: 'class',
      accepted: true,
      predicted: 'dog',
      labelled: 'dog',
    });
    expect(predictionEdit({ kind: 'class', class: 'cat' }, predictions, image)).toMatchObject({
      accepted: false,
    });
  });

  it('counts boxes that were kept, moved, renamed, added and removed', () => {
    const far = { ...cat, x: 100 };
    const gone = { ...cat, x: 150 };
    const label = {
      kind: 'boxes',
      boxes: [
        { ...cat, x: 5 },
        { ...far, class: 'dog' },
        { ...cat, y: 60 },
      ],
    } as const;
    const found = predictionEdit(label, detection(cat, far, gone), image);
    expect(found).toEqual({
      kind: 'boxes',
      accepted: false,
      kept: 2,
      moved: 1,
      renamed: [{ predicted: 'cat', labelled: 'dog' }],
      // 20 x 20 boxes five pixels apart share 300 of 500 pixels.
      meanShift: expect.closeTo((1 - 300 / 500) / 2) as number,
      added: 1,
      removed: 1,
    });
  });

  it('accepts boxes that stayed, in the size that the model saw too', () => {
    const half: Predictions = {
      kind: 'detection',
      imageWidth: 100,
      imageHeight: 50,
      boxes: [{ label: 'cat', score: 0.9, x: 0, y: 0, width: 10, height: 10 }],
    };
    expect(predictionEdit({ kind: 'boxes', boxes: [cat] }, half, image)).toMatchObject({
      accepted: true,
      meanShift: 0,
    });
  });

  it('says where there was nothing to edit', () => {
    expect(predictionEdit({ kind: 'class', class: 'cat' }, { kind: 'none' }, image)).toEqual({
      kind: 'no-prediction',
    });
    expect(predictionEdit({ kind: 'boxes', boxes: [] }, { kind: 'none' }, image)).toEqual({
      kind: 'no-prediction',
    });
  });
});

describe('hidesPrediction', () => {
  it('hides the share asked for, always from the same tasks', () => {
    const tasks = Array.from({ length: 4000 }, (_, at) => taskId(`task ${at}`));
    const hidden = tasks.filter((task) => hidesPrediction(task, 0.2));
    // 800 are expected, with a standard deviation of 25.
    expect(hidden.length).toBeGreaterThan(675);
    expect(hidden.length).toBeLessThan(925);
    expect(hidden.every((task) => hidesPrediction(task, 0.5))).toBe(true);
    expect(tasks.some((task) => hidesPrediction(task, 0))).toBe(false);
    expect(tasks.every((task) => hidesPrediction(task, 1))).toBe(true);
  });
});

describe('anchoring', () => {
  const edit = (accepted: boolean): PredictionEdit => ({
    kind: 'class',
    accepted,
    predicted: 'cat',
    labelled: accepted ? 'cat' : 'dog',
  });
  const many = (count: number, hidden: boolean, accepted: boolean) =>
    Array.from({ length: count }, () => ({ hidden, edit: edit(accepted) }));

  it('is the difference of agreement with the model, with an interval', () => {
    const found = anchoring([
      ...many(56, false, true),
      ...many(14, false, false),
      ...many(48, true, true),
      ...many(32, true, false),
      { hidden: true, edit: { kind: 'no-prediction' } },
    ]);
    expect(found).toMatchObject({ shown: { held: 56, of: 70 }, hidden: { held: 48, of: 80 } });
    expect(found.difference).toBeCloseTo(0.2, 12);
    expect(found.interval.low).toBeCloseTo(0.0524, 4);
    expect(found.interval.high).toBeCloseTo(0.3339, 4);
  });

  it('compares what boxes are there, not where they end', () => {
    const boxes = predictionEdit(
      { kind: 'boxes', boxes: [{ ...cat, x: 4 }] },
      detection(cat),
      image,
    );
    expect(boxes).toMatchObject({ accepted: false, moved: 1 });
    expect(anchoring([{ hidden: false, edit: boxes }]).shown.share).toBe(1);
  });
});
