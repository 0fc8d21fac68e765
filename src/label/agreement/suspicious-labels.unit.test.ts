import { describe, expect, it } from 'vitest';
import { annotatorId, taskId } from '../../ids.js';
import type { Predictions } from '../../event/inference-event.js';
import type { LabelledNeighbour } from '../../score/neighbours.js';
import type { LabelBody, LabelledBox } from '../label.js';
import { seeded } from '../../../test/fixtures/planes.js';
import { ambiguousPairs } from './ambiguous-pairs.js';
import { confidentLearning, probabilitiesByClass } from './confident-learning.js';
import { neighbourDisagreement } from './neighbour-disagreement.js';
import { outlierBoxes } from './outlier-boxes.js';
import { suspiciousLabels } from './suspicious-labels.js';
import type { LabelToCheck } from './suspicious-labels.js';

const image = { width: 1000, height: 500 };

function judged(unit: string, label: string, cat: number, dog: number) {
  return { unit, label, probabilities: new Map(Object.entries({ cat, dog })) };
}

describe('confidentLearning', () => {
  const labels = [
    judged('one', 'cat', 0.9, 0.1),
    judged('two', 'cat', 0.8, 0.2),
    judged('three', 'cat', 0.1, 0.9),
    judged('four', 'dog', 0.2, 0.8),
    judged('five', 'dog', 0.3, 0.7),
    judged('six', 'dog', 0.45, 0.55),
  ];

  it('is confident from the mean of what is labelled so', () => {
    const found = confidentLearning(labels);
    expect(found.classes).toEqual(['cat', 'dog']);
    expect(found.thresholds[0]).toBeCloseTo((0.9 + 0.8 + 0.1) / 3, 12);
    expect(found.thresholds[1]).toBeCloseTo((0.8 + 0.7 + 0.55) / 3, 12);
    // `six` reaches neither threshold.
    expect(found.counts).toEqual([
      [2, 1],
      [0, 2],
    ]);
    expect(found.joint).toEqual([
      [expect.closeTo(1 / 3), expect.closeTo(1 / 6)],
      [0, expect.closeTo(1 / 2)],
    ]);
    expect(found.issues).toEqual([
      {
        unit: 'three',
        label: 'cat',
        likely: 'dog',
        ofLabel: 0.1,
        ofLikely: 0.9,
        threshold: found.thresholds[1],
      },
    ]);
  });

  it('leaves out labels that the model can not give, and classes it never lists', () => {
    const found = confidentLearning([...labels, judged('seven', 'yak', 0.9, 0.1)]);
    expect(found).toEqual(confidentLearning(labels));
    expect(confidentLearning([])).toMatchObject({ classes: [], issues: [], joint: [] });
  });

  it('reads probabilities or logits', () => {
    const classes = ['cat', 'dog'];
    expect(
      probabilitiesByClass({ kind: 'classification', classes, probabilities: [0.7, 0.2] }),
    ).toEqual(
      new Map([
        ['cat', 0.7],
        ['dog', 0.2],
      ]),
    );
    const even = probabilitiesByClass({ kind: 'classification', classes, logits: [1, 1] });
    expect([...even.values()]).toEqual([0.5, 0.5]);
    expect(probabilitiesByClass({ kind: 'none' }).size).toBe(0);
  });

  it('finds labels that were swapped, and accuses few others', () => {
    const random = seeded(7);
    const names = ['ant', 'bee', 'cow', 'dog'];
    const swapped = new Set<string>();
    const noisy = Array.from({ length: 800 }, (_, at) => {
      const truth = names[at % 4] ?? '';
      const isSwapped = random() < 0.08;
      const others = names.filter((name) => name !== truth);
      const label = isSwapped ? (others[Math.floor(3 * random())] ?? '') : truth;
      if (isSwapped) swapped.add(`${at}`);
      const sure = 0.55 + 0.4 * random();
      const rest = names.map((name) => (name === truth ? 0 : random()));
      const sum = rest.reduce((all, value) => all + value, 0);
      const probabilities = new Map(
        names.map((name, place) => [
          name,
          name === truth ? sure : ((1 - sure) * (rest[place] ?? 0)) / sum,
        ]),
      );
      return { unit: `${at}`, label, probabilities };
    });
    const { issues } = confidentLearning(noisy);
    const right = issues.filter(({ unit }) => swapped.has(unit)).length;
    expect(right / issues.length).toBeGreaterThan(0.95);
    expect(right / swapped.size).toBeGreaterThan(0.5);
  });
});

describe('neighbourDisagreement', () => {
  const rule = { leastNeighbours: 3, leastShare: 0.8 };
  const near = (label: string | undefined, distance = 0.1): LabelledNeighbour => ({
    index: 0,
    distance,
    label,
  });

  it('names the class that the neighbours agree on', () => {
    expect(
      neighbourDisagreement('cat', [near('dog'), near('dog', 0), near('dog'), near('cat')], rule),
    ).toEqual({ class: 'dog', share: 120 / 130, others: 3, same: 1, of: 4 });
  });

  it('is silent where they differ, agree with the label, or are few', () => {
    expect(neighbourDisagreement('cat', [near('dog'), near('ox'), near('cat')], rule)).toBe(
      undefined,
    );
    expect(neighbourDisagreement('cat', [near('cat'), near('cat'), near('cat')], rule)).toBe(
      undefined,
    );
    const few = [near('dog'), near('dog'), near(undefined)];
    expect(neighbourDisagreement('cat', few, rule)).toBe(undefined);
  });
});

/** Cats of about 100 x 100 pixels in the lower middle. */
function usualBoxes(): LabelledBox[] {
  const random = seeded(3);
  return Array.from({ length: 40 }, () => ({
    class: 'cat',
    x: 450 + 20 * random(),
    y: 350 + 10 * random(),
    width: 95 + 10 * random(),
    height: 95 + 10 * random(),
  }));
}

describe('outlierBoxes', () => {
  const rule = { leastBoxes: 20, limit: 3.5 };
  const odd: readonly [string, LabelledBox][] = [
    ['small', { class: 'cat', x: 500, y: 400, width: 20, height: 20 }],
    ['large', { class: 'cat', x: 300, y: 200, width: 400, height: 300 }],
    ['wide', { class: 'cat', x: 400, y: 370, width: 200, height: 50 }],
    ['tall', { class: 'cat', x: 480, y: 300, width: 50, height: 200 }],
    ['far left', { class: 'cat', x: 10, y: 355, width: 100, height: 100 }],
    ['high', { class: 'cat', x: 455, y: 10, width: 100, height: 100 }],
  ];

  it.each(odd)('tells that a box is %s', (how, box) => {
    const pictures = [...usualBoxes(), box].map((one) => ({ boxes: [one], image }));
    const found = outlierBoxes(pictures, rule);
    expect(found.at(-1)?.map((outlier) => outlier.how)).toContain(how);
    expect(found.slice(0, -1).flat()).toEqual([]);
  });

  it('says nothing of classes with few boxes', () => {
    const pictures = odd.map(([, box]) => ({ boxes: [box], image }));
    expect(outlierBoxes(pictures, rule).flat()).toEqual([]);
  });
});

describe('suspiciousLabels', () => {
  function check(name: string, body: LabelBody, given: Partial<LabelToCheck> = {}): LabelToCheck {
    const predictions: Predictions = { kind: 'none' };
    return { task: taskId(name), body, predictions, image, neighbours: [], ...given };
  }
  const said = (cat: number): Predictions => ({
    kind: 'classification',
    classes: ['cat', 'dog'],
    probabilities: [cat, 1 - cat],
  });
  const cat: LabelBody = { kind: 'class', class: 'cat' };
  const dog: LabelBody = { kind: 'class', class: 'dog' };

  it('gives each reason as a sentence, the strongest label first', () => {
    const dogs = Array.from({ length: 6 }, () => ({ index: 0, distance: 0.2, label: 'dog' }));
    const found = suspiciousLabels([
      check('one', cat, { predictions: said(0.9) }),
      check('two', cat, { predictions: said(0.1), neighbours: dogs }),
      check('three', dog, { predictions: said(0.2) }),
      check('four', cat, { neighbours: [...dogs, { index: 0, distance: 0.4, label: 'cat' }] }),
    ]);
    expect(found.map(({ task }) => task)).toEqual(['two', 'four']);
    expect(found[0]?.reasons.map(({ reason }) => reason)).toEqual([
      'Of the 6 nearest labelled pictures 6 are dog, and none is cat, as this was labelled.',
      'The model gives 90 % to dog and 10 % to cat, as it was labelled; where dog is labelled it gives 80 % on average.',
    ]);
    expect(found[1]?.reasons[0]?.reason).toBe(
      'Of the 7 nearest labelled pictures 6 are dog, and 1 is cat, as this was labelled.',
    );
    expect(found[0]?.strength).toBeGreaterThan(found[1]?.strength ?? 1);
  });

  it('tells of boxes that the model is sure of, in pixels of the original', () => {
    const box: LabelledBox = { class: 'cat', x: 100, y: 100, width: 100, height: 100 };
    const predictions: Predictions = {
      kind: 'detection',
      imageWidth: 500,
      imageHeight: 250,
      boxes: [
        { label: 'fox', score: 0.95, x: 50, y: 50, width: 50, height: 50 },
        { label: 'dog', score: 0.97, x: 300, y: 50, width: 50, height: 50 },
        { label: 'dog', score: 0.5, x: 400, y: 50, width: 50, height: 50 },
      ],
    };
    const [found] = suspiciousLabels([
      check('one', { kind: 'boxes', boxes: [box] }, { predictions }),
    ]);
    expect(found?.reasons).toMatchObject([
      {
        kind: 'missing-box',
        reason: 'The model is 97 % sure of a dog at 600, 100 (100 x 100 pixels); no box is there.',
      },
      {
        kind: 'box-class',
        reason: 'The model is 95 % sure that the cat at 100, 100 (100 x 100 pixels) is a fox.',
      },
    ]);
  });

  it('tells of an unusual box', () => {
    const tiny: LabelledBox = { class: 'cat', x: 455, y: 355, width: 10, height: 10 };
    const labels = [...usualBoxes(), tiny].map((box, at) =>
      check(`${at}`, { kind: 'boxes', boxes: [box] }),
    );
    const [found, ...others] = suspiciousLabels(labels);
    expect(others).toEqual([]);
    expect(found?.task).toBe('40');
    expect(found?.reasons.map(({ reason }) => reason).join()).toMatch(
      /The cat at 455, 355 \(10 x 10 pixels\) is small for a cat: \d+\.\d deviations from the median\./,
    );
  });
});

describe('ambiguousPairs', () => {
  it('counts confusions between annotators and against the model', () => {
    const answers = (...names: string[]) =>
      names.map((name, at) => ({ annotator: annotatorId(`${at}`), class: name }));
    const found = ambiguousPairs([
      { answers: answers('dog', 'wolf', 'wolf'), predicted: 'dog' },
      { answers: answers('dog', 'dog'), predicted: 'dog' },
      { answers: answers('cat', 'fox') },
      { answers: answers('cat'), predicted: 'fox' },
    ]);
    expect(found).toEqual([
      // Of the four pairs of answers that name a dog or a wolf, two say both.
      { classes: ['dog', 'wolf'], betweenAnnotators: 2, againstModel: 2, share: 2 / 4 },
      { classes: ['cat', 'fox'], betweenAnnotators: 1, againstModel: 1, share: 1 },
    ]);
  });
});
