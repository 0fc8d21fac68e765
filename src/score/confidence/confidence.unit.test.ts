import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planeOf } from '../../../test/fixtures/planes.js';
import type { Predictions } from '../../event/inference-event.js';
import type { Scorer } from '../scorer.js';
import { softmax } from '../softmax.js';
import { entropy } from './entropy.js';
import { leastConfidence } from './least-confidence.js';
import { lowestBoxScore } from './lowest-box-score.js';
import { margin } from './margin.js';
import { meanBoxScore } from './mean-box-score.js';

describe('softmax', () => {
  it('survives logits that overflow an exponential', () => {
    expect(softmax([1000, 1000, -1000])).toEqual([0.5, 0.5, 0]);
    expect(softmax([])).toEqual([]);
  });

  it('sums to 1, does not mind a constant, and keeps the order', () => {
    const logits = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(logits, fc.integer({ min: -100, max: 100 }), (values, shift) => {
        const shares = softmax(values);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
        softmax(values.map((value) => value + shift)).forEach((share, i) => {
          expect(share).toBeCloseTo(shares[i] ?? -1, 9);
        });
      }),
    );
  });
});

describe('classification', () => {
  it('measures probabilities', () => {
    const predictions = classes([0.2, 0.7, 0.1]);
    expect(raw(leastConfidence, predictions)).toBeCloseTo(0.3, 12);
    expect(raw(margin, predictions)).toBeCloseTo(0.5, 12);
    expect(raw(entropy, predictions)).toBeCloseTo(0.8018 / Math.log(3), 4);
  });

  it('measures logits by their softmax', () => {
    const predictions: Predictions = {
      kind: 'classification',
      classes: ['a', 'b'],
      logits: [Math.log(3), 0],
    };
    expect(raw(leastConfidence, predictions)).toBeCloseTo(0.25, 12);
    expect(raw(margin, predictions)).toBeCloseTo(0.5, 12);
  });

  it('prefers probabilities where both were sent', () => {
    const predictions = { ...classes([0.9, 0.1]), logits: [0, 0] };
    expect(raw(leastConfidence, predictions)).toBeCloseTo(0.1, 12);
  });

  it('counts what a producer left out as one more class', () => {
    const [listed, whole] = [classes([0.5, 0.3]), classes([0.5, 0.3, 0.2])];
    expect(raw(entropy, listed)).toBeCloseTo(raw(entropy, whole), 12);
    expect(raw(margin, listed)).toBeCloseTo(0.2, 12);
    expect(raw(margin, classes([0.7]))).toBeCloseTo(0.4, 12);
    expect(raw(margin, classes([0.3]))).toBe(0);
  });

  it('measures classes that do not exclude each other', () => {
    expect(raw(leastConfidence, classes([0.9, 0.8]))).toBeCloseTo(0.1, 12);
    expect(raw(entropy, classes([0.9, 0.9]))).toBeCloseTo(1, 12);
  });

  it('is certain of a sure single class, and at a loss where every class is at 0', () => {
    expect([leastConfidence, margin, entropy].map((s) => raw(s, classes([1])))).toEqual([0, 1, 0]);
    expect([leastConfidence, margin].map((s) => raw(s, classes([0, 0])))).toEqual([1, 0]);
  });

  it('is absent without classes', () => {
    expect(raw(entropy, classes([]))).toBeNaN();
    expect(raw(leastConfidence, { kind: 'none' })).toBeNaN();
    expect(raw(lowestBoxScore, classes([1]))).toBeNaN();
  });
});

describe('detection', () => {
  it('measures the lowest and the mean score', () => {
    const predictions = boxes([0.9, 0.4, 0.8]);
    expect(raw(lowestBoxScore, predictions)).toBe(0.4);
    expect(raw(meanBoxScore, predictions)).toBeCloseTo(0.7, 12);
  });

  it('is absent without boxes', () => {
    expect(raw(lowestBoxScore, boxes([]))).toBeNaN();
    expect(raw(meanBoxScore, boxes([]))).toBeNaN();
    expect(raw(margin, boxes([0.5]))).toBeNaN();
  });
});

function classes(probabilities: readonly number[]): Predictions {
  const names = probabilities.map((_, i) => `class ${i}`);
  return { kind: 'classification', classes: names, probabilities };
}

function boxes(scores: readonly number[]): Predictions {
  return {
    kind: 'detection',
    imageWidth: 10,
    imageHeight: 10,
    boxes: scores.map((score) => ({ label: 'a', score, x: 0, y: 0, width: 1, height: 1 })),
  };
}

/** NaN where absent. */
function raw(scorer: Scorer, predictions: Predictions): number {
  const measured = scorer.measure({
    plane: planeOf(1, 1, () => 0),
    predictions,
    predictionsBy: 'producer',
    neighbours: 'no-reference',
  });
  return measured.kind === 'measured' ? measured.raw : Number.NaN;
}
