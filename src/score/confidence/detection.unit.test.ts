import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DetectedBox, Detection } from '../../event/inference-event.js';
import type { LabelledNeighbour } from '../neighbours.js';
import type { PlainScorer, ScoringInput } from '../scorer.js';
import { boxCount } from './box-count.js';
import { boxSize } from './box-size.js';
import { intersectionOverUnion } from './boxes.js';
import { classOverlap } from './class-overlap.js';
import { cutBoxes } from './cut-boxes.js';
import { detectionStatistics } from './detection-statistics.js';
import { flicker } from './flicker.js';
import { labelDisagreement } from './label-disagreement.js';
import { nearThreshold } from './near-threshold.js';

const anyBox = fc.record({
  label: fc.constantFrom('a', 'b'),
  score: fc.double({ min: 0, max: 1, noNaN: true }),
  x: fc.integer({ min: -10, max: 110 }),
  y: fc.integer({ min: -10, max: 110 }),
  width: fc.integer({ min: 0, max: 60 }),
  height: fc.integer({ min: 0, max: 60 }),
});

describe('near-threshold', () => {
  const scores = detection([0.3, 0.4, 0.41, 0.2, 0.9].map((score) => box({ score })));

  it('counts boxes on both sides of what is set', () => {
    expect(measure(nearThreshold, scores, { detection: { scoreThreshold: 0.3 } })).toBe(0.6);
  });

  it('takes the lowest score of the reference where nothing is set', () => {
    expect(detectionStatistics([scores], undefined)?.scoreThreshold).toBe(0.2);
    expect(detectionStatistics([scores], 0.5)?.scoreThreshold).toBe(0.5);
    expect(measure(nearThreshold, scores)).toBe('no-threshold');
  });
});

describe('class-overlap', () => {
  it('finds two classes in one place, not two of one class', () => {
    const same = [box({ x: 40 }), box({ x: 41 })];
    expect(measure(classOverlap, detection(same))).toBe(0);
    expect(measure(classOverlap, detection([...same, box({ x: 40, label: 'b' })]))).toBe(1);
    expect(measure(classOverlap, detection([]))).toBe(0);
  });

  it('is the highest of all pairs', () => {
    fc.assert(
      fc.property(fc.array(anyBox, { maxLength: 12 }), (boxes) => {
        let highest = 0;
        for (const one of boxes)
          for (const other of boxes)
            if (one.label !== other.label)
              highest = Math.max(highest, intersectionOverUnion(one, other));
        expect(measure(classOverlap, detection(boxes))).toBe(highest);
      }),
    );
  });
});

describe('box-count and box-size', () => {
  const usual = detectionStatistics(
    Array.from({ length: 40 }, (_, at) =>
      detection(Array.from({ length: 3 + (at % 3) }, () => box({ width: 10 + (at % 5) }))),
    ),
    undefined,
  );

  it('finds too many as well as too few', () => {
    const count = (boxes: number) =>
      measure(boxCount, detection(Array.from({ length: boxes }, () => box({}))), {
        detection: usual,
      }) as number;
    expect(count(4)).toBeLessThan(1);
    expect(count(0)).toBeGreaterThan(5);
    expect(count(40)).toBeGreaterThan(5);
    expect(measure(boxCount, detection([]))).toBe('no-reference');
  });

  it('finds the one box that is too large or too small', () => {
    const size = (width: number) =>
      measure(boxSize, detection([box({}), box({ width })]), { detection: usual }) as number;
    expect(size(12)).toBeLessThan(1.5);
    expect(size(100)).toBeGreaterThan(5);
    expect(size(1)).toBeGreaterThan(5);
    expect(measure(boxSize, detection([]), { detection: usual })).toBe('no-predictions');
  });

  it('judges a class by its own boxes, and a rare one by all', () => {
    const mixed = detectionStatistics(
      Array.from({ length: 40 }, (_, at) =>
        detection([
          box({ width: 10 }),
          box({ width: 80, height: 80, label: 'truck' }),
          ...(at < 3 ? [box({ label: '__proto__' })] : []),
        ]),
      ),
      undefined,
    );
    const size = (label: string) =>
      measure(boxSize, detection([box({ width: 10, label })]), { detection: mixed }) as number;
    expect(Object.keys(mixed?.boxSizeOf ?? {}).toSorted()).toEqual(['a', 'truck']);
    expect(size('a')).toBeCloseTo(0, 9);
    expect(size('truck')).toBeGreaterThan(5);
    expect(size('__proto__')).toBeCloseTo(size('unheard of'), 12);
  });
});

it('cut-boxes is the share that touches an edge', () => {
  const boxes = [box({ x: 0 }), box({ y: 0.4 }), box({ x: 90 }), box({ y: 89 }), box({ x: -3 })];
  expect(measure(cutBoxes, detection(boxes))).toBe(0.8);
});

describe('flicker', () => {
  const car = box({ x: 45, y: 45, score: 0.9 });
  const seen = (...boxes: DetectedBox[]) => ({
    previous: { predictions: detection(boxes), occurredAt: 0 },
  });

  it('is the score of what vanished', () => {
    expect(measure(flicker, detection([]), seen(car, box({ x: 20, y: 30, score: 0.4 })))).toBe(0.9);
    expect(measure(flicker, detection([box({ ...car, label: 'b' })]), seen(car))).toBe(0.9);
    expect(measure(flicker, detection([box({ x: 75, y: 45 })]), seen(car))).toBe(0.9);
  });

  it('does not take motion, or leaving by the edge, for vanishing', () => {
    expect(measure(flicker, detection([box({ x: 53, y: 39 })]), seen(car))).toBe(0);
    expect(measure(flicker, detection([]), seen(box({ x: 5, y: 45 })))).toBe(0);
    expect(measure(flicker, detection([]), seen())).toBe(0);
  });

  it('lets a box continue one box only', () => {
    const twin = box({ x: 47, y: 45, score: 0.7 });
    expect(measure(flicker, detection([box({ x: 45, y: 45 })]), seen(car, twin))).toBe(0.7);
  });

  it('finds nothing lost in the same frame, and everything lost in an empty one', () => {
    fc.assert(
      fc.property(fc.array(anyBox, { maxLength: 8 }), (boxes) => {
        expect(measure(flicker, detection(boxes), seen(...boxes))).toBe(0);
        const lost = measure(flicker, detection([]), seen(...boxes)) as number;
        expect(lost).toBeLessThanOrEqual(Math.max(0, ...boxes.map(({ score }) => score)));
      }),
    );
  });

  it('compares with no frame of another size', () => {
    const other = { ...detection([car]), imageWidth: 50 };
    const previous = { predictions: other, occurredAt: 0 };
    expect(measure(flicker, detection([]), { previous })).toBe('no-previous-frame');
    expect(measure(flicker, detection([]))).toBe('no-previous-frame');
  });
});

describe('label-disagreement', () => {
  const cat = { kind: 'classification', classes: ['dog', 'cat'], logits: [1, 2] } as const;
  const near = (...labels: (string | undefined)[]): readonly LabelledNeighbour[] =>
    labels.map((label, index) => ({ index, distance: 0.1 * (index + 1), label }));
  const of = (neighbours: readonly LabelledNeighbour[], ...labels: string[]) =>
    labelDisagreement.measure({
      ...bare,
      predictions: cat,
      neighbours,
      referenceLabels: new Set(labels),
    });

  it('weighs the nearest most', () => {
    expect(of(near('cat', 'cat'), 'cat')).toMatchObject({ raw: 0 });
    // Ten and five for it, and one, unrelated, against it.
    const both = of(near('dog', 'dog'), 'cat', 'dog');
    expect(both.kind === 'measured' && both.raw).toBeCloseTo(15 / 16, 12);
    const first = of(near('dog', 'cat', undefined), 'cat', 'dog');
    expect(first).toMatchObject({ note: '1 of the 2 nearest labels are not cat' });
    expect(first.kind === 'measured' && first.raw).toBeCloseTo(10 / 16, 12);
  });

  it('tells near ones that all differ from far ones that do', () => {
    const at = (distance: number) => {
      const found = of([{ index: 0, distance, label: 'dog' }], 'cat', 'dog');
      return found.kind === 'measured' ? found.raw : NaN;
    };
    expect(at(0.05)).toBeGreaterThan(at(0.4));
    expect(at(0)).toBeLessThan(1);
  });

  it('says nothing where the label sets differ or nobody labelled', () => {
    expect(of(near('dog'), 'dog')).toEqual({ kind: 'absent', why: 'labels-differ' });
    expect(of(near(undefined), 'cat')).toEqual({ kind: 'absent', why: 'no-labels' });
  });
});

const bare = {
  plane: undefined,
  predictionsBy: 'producer',
  neighbours: 'no-reference',
} as const;

function box(of: Partial<DetectedBox>): DetectedBox {
  return { label: 'a', score: 0.5, x: 50, y: 50, width: 10, height: 10, ...of };
}

function detection(boxes: readonly DetectedBox[]): Detection {
  return { kind: 'detection', boxes, imageWidth: 100, imageHeight: 100 };
}

/** The measurement, or why it is absent. */
function measure(
  scorer: PlainScorer,
  predictions: Detection,
  more: Partial<ScoringInput> = {},
): number | string {
  const measured = scorer.measure({ ...bare, predictions, ...more });
  return measured.kind === 'measured' ? measured.raw : measured.why;
}
