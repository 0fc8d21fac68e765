import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cohen1960, fleiss1971, krippendorff2011 } from '../../../test/label/published-tables.js';
import type { Coefficient } from './coefficient.js';
import { cohenKappa } from './cohen-kappa.js';
import { fleissKappa } from './fleiss-kappa.js';
import { krippendorffAlpha } from './krippendorff-alpha.js';
import { majority } from './majority.js';

function valueOf(coefficient: Coefficient): number {
  if (coefficient.kind === 'absent') throw new Error(coefficient.why);
  return coefficient.value;
}

const classes = fc.constantFrom('ant', 'bee', 'cow');

describe('published tables', () => {
  it("Cohen's kappa of 1960", () => {
    const { pairs, kappa } = cohen1960();
    expect(pairs).toHaveLength(200);
    expect(cohenKappa(pairs)).toMatchObject({ observed: 0.7, units: 200 });
    expect(valueOf(cohenKappa(pairs))).toBeCloseTo(kappa, 3);
  });

  it("Fleiss' kappa of 1971", () => {
    const { units, kappa } = fleiss1971();
    expect(fleissKappa(units)).toMatchObject({ units: 30 });
    expect(valueOf(fleissKappa(units))).toBeCloseTo(kappa, 3);
  });

  it("Krippendorff's alpha of 2011, with missing answers", () => {
    const { units, alpha } = krippendorff2011();
    const given = units.map((unit) => unit.filter((answer) => answer !== null));
    expect(krippendorffAlpha(given)).toMatchObject({ units: 11 });
    expect(valueOf(krippendorffAlpha(given))).toBeCloseTo(alpha, 3);
  });
});

describe('coefficients', () => {
  it('are absent where there is nothing to compare', () => {
    const none = { kind: 'absent', why: 'no-overlap' };
    expect(cohenKappa([])).toEqual(none);
    expect(fleissKappa([])).toEqual(none);
    expect(fleissKappa([['ant'], ['bee']])).toEqual(none);
    expect(krippendorffAlpha([['ant'], []])).toEqual(none);
  });

  it('are absent where all answers are the same', () => {
    const alike = { kind: 'absent', why: 'one-class' };
    expect(cohenKappa([['ant', 'ant']])).toEqual(alike);
    expect(fleissKappa([['ant', 'ant']])).toEqual(alike);
    expect(krippendorffAlpha([['ant', 'ant', 'ant'], ['bee']])).toEqual(alike);
  });

  it("Fleiss' kappa asks for as many answers everywhere", () => {
    const uneven = { kind: 'absent', why: 'uneven' };
    expect(fleissKappa([['ant', 'bee'], ['ant']])).toEqual(uneven);
  });

  it('are 1 for full agreement, at most 1 otherwise, and blind to order and names', () => {
    const pair = fc.tuple(classes, classes);
    fc.assert(
      fc.property(fc.array(pair, { minLength: 2, maxLength: 30 }), (pairs) => {
        const renamed = pairs.map((two) => two.map((name) => `new ${name}`));
        const swapped = pairs.map(([one, other]) => [other, one] as const);
        for (const measure of [fleissKappa, krippendorffAlpha]) {
          const found = measure(pairs);
          for (const again of [measure(renamed), measure(swapped)]) {
            expect(again.kind).toBe(found.kind);
            if (found.kind === 'measured') expect(valueOf(again)).toBeCloseTo(found.value, 12);
          }
          if (found.kind === 'measured') expect(found.value).toBeLessThanOrEqual(1);
        }
        const kappa = cohenKappa(pairs);
        const back = cohenKappa(swapped);
        expect(back.kind).toBe(kappa.kind);
        if (kappa.kind === 'measured') expect(valueOf(back)).toBeCloseTo(kappa.value, 12);
        const same = pairs.map(([one]) => [one, one] as const);
        if (new Set(same.flat()).size > 1) {
          expect(valueOf(cohenKappa(same))).toBe(1);
          expect(valueOf(krippendorffAlpha(same))).toBe(1);
        }
      }),
    );
  });
});

describe('majority', () => {
  it('names the winner, or all that tie', () => {
    expect(majority(['bee', 'ant', 'bee'])).toEqual({
      kind: 'majority',
      class: 'bee',
      votes: 2,
      of: 3,
    });
    expect(majority(['cow', 'ant', 'bee', 'cow', 'ant'])).toEqual({
      kind: 'tied',
      classes: ['ant', 'cow'],
      votes: 2,
      of: 5,
    });
    expect(majority([])).toEqual({ kind: 'no-votes' });
  });
});
