import { describe, expect, it } from 'vitest';
import type { LabelSet } from './label.js';
import { suggestLabel } from './suggest-label.js';

const image = { width: 640, height: 480 };
const set = (kind: LabelSet['kind']): LabelSet => ({
  name: 'animals',
  version: 1,
  kind,
  classes: ['cat', 'dog', 'fox'],
});
const classes = {
  kind: 'classification',
  classes: ['fox', 'bird', 'cat'],
  probabilities: [0.9, 0.7, 0.6],
} as const;
const box = { label: 'cat', score: 0.8, x: -10, y: 100, width: 60, height: 50 };
const boxes = {
  kind: 'detection',
  imageWidth: 320,
  imageHeight: 240,
  boxes: [box, { ...box, label: 'bird' }, { ...box, x: 400 }, { ...box, x: 0, score: 0.4 }],
} as const;

describe('a prediction as a label', () => {
  it('is the likeliest class, or all that are likely, of those that the label set has', () => {
    expect(suggestLabel(classes, set('class'), image)).toEqual({
      body: { kind: 'class', class: 'fox' },
      score: 0.9,
    });
    expect(suggestLabel(classes, set('classes'), image)?.body).toEqual({
      kind: 'classes',
      classes: ['cat', 'fox'],
    });
    const bird = { ...classes, probabilities: [0.1, 0.8, 0.1] };
    expect(suggestLabel(bird, set('class'), image)).toBeUndefined();
    expect(suggestLabel(bird, set('classes'), image)).toBeUndefined();
    const mostlyBird = { ...classes, probabilities: [0.1, 0.8, 0.6] };
    expect(suggestLabel(mostlyBird, set('classes'), image)?.body).toMatchObject({
      classes: ['cat'],
    });
    const unsure = { ...classes, probabilities: [0.4, 0.3, 0.3] };
    expect(suggestLabel(unsure, set('classes'), image)?.body).toMatchObject({ classes: [] });
  });

  it('is the likeliest class of logits', () => {
    const { classes: names } = classes;
    const logits = { kind: 'classification', classes: names, logits: [0.2, 1.5, 3] } as const;
    expect(suggestLabel(logits, set('classes'), image)).toEqual({
      body: { kind: 'classes', classes: ['cat'] },
      score: undefined,
    });
  });

  it('is boxes in the pixels of the picture, cut to it', () => {
    const suggestion = suggestLabel(boxes, set('boxes'), image);
    expect(suggestion?.body).toEqual({
      kind: 'boxes',
      boxes: [
        { class: 'cat', x: 0, y: 200, width: 100, height: 100 },
        { class: 'cat', x: 0, y: 200, width: 120, height: 100 },
      ],
    });
    expect(suggestion?.score).toBeCloseTo(0.6, 12);
  });

  it('is the corners of boxes, where outlines are asked for', () => {
    const one = { ...boxes, boxes: [{ ...box, x: 10 }] };
    expect(suggestLabel(one, set('polygons'), image)?.body).toEqual({
      kind: 'polygons',
      polygons: [
        {
          class: 'cat',
          points: [
            [20, 200],
            [140, 200],
            [140, 300],
            [20, 300],
          ],
        },
      ],
    });
  });

  it('is nothing where the model said nothing of the kind', () => {
    expect(suggestLabel({ kind: 'none' }, set('boxes'), image)).toBeUndefined();
    expect(suggestLabel(classes, set('boxes'), image)).toBeUndefined();
    expect(suggestLabel(boxes, set('class'), image)).toBeUndefined();
    const nothing = { ...boxes, boxes: [] };
    expect(suggestLabel(nothing, set('boxes'), image)).toEqual({
      body: { kind: 'boxes', boxes: [] },
      score: undefined,
    });
  });
});
