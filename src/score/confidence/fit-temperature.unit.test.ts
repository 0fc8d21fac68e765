import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../test/fixtures/planes.js';
import type { Predictions } from '../../event/inference-event.js';
import { softmax } from '../softmax.js';
import { expectedCalibrationError } from './calibration-error.js';
import { classScores, predictedClass, tempered } from './class-scores.js';
import { fitTemperature } from './fit-temperature.js';
import type { LabelledPredictions } from './fit-temperature.js';

const classes = ['a', 'b', 'c', 'd'];

/** Labels drawn from the softmax of the logits, which are then multiplied by `excess`. */
function overconfident(count: number, excess: number, as: 'logits' | 'probabilities') {
  const random = seeded(11);
  return Array.from({ length: count }, (): LabelledPredictions => {
    const logits = classes.map(() => 4 * random());
    const drawn = random();
    let sum = 0;
    const at = softmax(logits).findIndex((p) => (sum += p) > drawn);
    const shown = logits.map((logit) => logit * excess);
    const numbers = as === 'logits' ? { logits: shown } : { probabilities: softmax(shown) };
    return {
      predictions: { kind: 'classification', classes, ...numbers },
      label: classes[at < 0 ? 0 : at] ?? 'a',
    };
  });
}

describe('fitTemperature', () => {
  const all = overconfident(3000, 1.3, 'logits');

  it.each(['logits', 'probabilities'] as const)('finds the temperature of %s', (as) => {
    const fit = fitTemperature(overconfident(3000, 2.5, as));
    if (fit.kind !== 'fitted') throw new Error(`not fitted: ${fit.why}`);
    expect(fit.temperature).toBeGreaterThan(2.2);
    expect(fit.temperature).toBeLessThan(2.8);
    expect(fit.labelled).toBe(3000);
    expect(fit.calibrationError.before).toBeGreaterThan(0.15);
    expect(fit.calibrationError.after).toBeLessThan(0.04);
  });

  it('raises the confidence of a model that is too timid', () => {
    const fit = fitTemperature(overconfident(3000, 0.4, 'logits'));
    expect(fit).toMatchObject({ kind: 'fitted' });
    expect(fit.kind === 'fitted' && fit.temperature).toBeCloseTo(0.4, 1);
  });

  it('is not used where it leaves the calibration error as large', () => {
    let refused = 0;
    for (let from = 0; from < 3000; from += 60) {
      const fit = fitTemperature(all.slice(from, from + 60));
      if (fit.kind === 'fitted')
        expect(fit.calibrationError.after).toBeLessThan(fit.calibrationError.before);
      else refused += 1;
    }
    expect(refused).toBeGreaterThan(0);
  });

  it('has no better one in the neighbourhood', () => {
    const cases = overconfident(400, 1.7, 'logits');
    const fit = fitTemperature(cases);
    if (fit.kind !== 'fitted') throw new Error(`not fitted: ${fit.why}`);
    const lossAt = (temperature: number) =>
      cases.reduce((sum, { predictions, label }) => {
        const given = classScores(predictions);
        const probabilities = softmax(given?.scores ?? [], 1 / temperature);
        return sum - Math.log(probabilities[classes.indexOf(label)] ?? 0);
      }, 0);
    expect(lossAt(fit.temperature)).toBeLessThan(lossAt(fit.temperature * 1.001));
    expect(lossAt(fit.temperature)).toBeLessThan(lossAt(fit.temperature / 1.001));
  });

  it('says why it fits nothing', () => {
    const cases = overconfident(200, 2, 'logits');
    const relabelled = (label: string | undefined) =>
      cases.map(({ predictions, label: own }) => ({ predictions, label: label ?? own }));
    expect(fitTemperature([])).toMatchObject({ why: 'no-labels', labelled: 0 });
    expect(fitTemperature(relabelled('another set'))).toMatchObject({ why: 'no-labels' });
    expect(fitTemperature(cases.slice(0, 49))).toEqual({
      kind: 'not-fitted',
      why: 'too-few-labels',
      labelled: 49,
    });
    const allRight = cases.map(({ predictions }) => ({
      predictions,
      label: predictedClass(predictions) ?? '',
    }));
    expect(fitTemperature(allRight)).toMatchObject({ why: 'no-optimum', labelled: 200 });
  });

  it('counts a label that a cut list leaves out as a wrong answer', () => {
    const cut = overconfident(2000, 2.5, 'probabilities').map(({ predictions, label }) => {
      const probabilities =
        predictions.kind === 'classification' ? (predictions.probabilities ?? []) : [];
      const order = classes
        .map((_, at) => at)
        .toSorted((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
      const two = order.slice(0, 2);
      return {
        label,
        predictions: {
          kind: 'classification' as const,
          classes: two.map((at) => classes[at] ?? ''),
          probabilities: two.map((at) => probabilities[at] ?? 0),
        },
      };
    });
    const fit = fitTemperature(cut);
    if (fit.kind !== 'fitted') throw new Error(`not fitted: ${fit.why}`);
    expect(fit.labelled).toBeGreaterThan(1900);
    expect(fit.temperature).toBeGreaterThan(1.8);
  });
});

describe('tempered', () => {
  it('keeps the order of the classes, what was left out, and a sum of at most 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (weights, temperature) => {
          const sum = weights.reduce((total, value) => total + value, 0.2);
          const probabilities = weights.map((value) => value / sum);
          const given: Predictions = {
            kind: 'classification',
            classes: probabilities.map((_, at) => `${at}`),
            probabilities,
          };
          const result = tempered(given, temperature);
          expect(predictedClass(result)).toBeDefined();
          const after = result.kind === 'classification' ? (result.probabilities ?? []) : [];
          expect(after).toHaveLength(probabilities.length);
          expect(after.reduce((total, value) => total + value, 0)).toBeLessThanOrEqual(1 + 1e-9);
          for (let at = 1; at < after.length; at += 1) {
            const rose = (probabilities[at] ?? 0) > (probabilities[at - 1] ?? 0);
            if (rose) expect(after[at]).toBeGreaterThanOrEqual(after[at - 1] ?? 0);
          }
        },
      ),
    );
  });

  it('leaves alone what has no softmax, and all at temperature 1', () => {
    const many: Predictions = {
      kind: 'classification',
      classes: ['a', 'b'],
      probabilities: [0.9, 0.8],
    };
    expect(tempered(many, 2)).toBe(many);
    expect(tempered({ kind: 'none' }, 2)).toEqual({ kind: 'none' });
    const sure: Predictions = { kind: 'classification', classes: ['a', 'b'], logits: [3, 0] };
    expect(tempered(sure, 1)).toBe(sure);
    const flatter = tempered(sure, 3);
    expect(flatter.kind === 'classification' && flatter.probabilities?.[0]).toBeCloseTo(
      1 / (1 + Math.exp(-1)),
      12,
    );
  });
});

describe('expectedCalibrationError', () => {
  it('is the mean distance between confidence and share of right answers', () => {
    const answers = [
      { confidence: 1, right: true },
      { confidence: 1, right: false },
      { confidence: 0.5, right: true },
      { confidence: 0.5, right: true },
    ];
    expect(expectedCalibrationError(answers)).toBeCloseTo(0.5, 12);
    expect(expectedCalibrationError([])).toBe(0);
    // Errors in one bin cancel out.
    expect(expectedCalibrationError(answers.slice(2).map((a, i) => ({ ...a, right: i > 0 })))).toBe(
      0,
    );
  });
});
