import { describe, expect, it } from 'vitest';
import { crowdKitPosteriors, dawidSkene1979 } from '../../../test/label/published-tables.js';
import { annotatorId } from '../../ids.js';
import { mildPrior } from './confusion-prior.js';
import { dawidSkene } from './dawid-skene.js';
import type { Rating } from './dawid-skene.js';
import { weighVotes } from './weigh-votes.js';

const [ada, bob, cyd] = ['ada', 'bob', 'cyd'].map(annotatorId) as [
  Rating['annotator'],
  Rating['annotator'],
  Rating['annotator'],
];

function said(unit: string, annotator: Rating['annotator'], name: string): Rating {
  return { unit, annotator, class: name };
}

describe('dawidSkene', () => {
  const anaesthetists = dawidSkene1979();

  it('finds the class shares and error rates of the paper', () => {
    expect(anaesthetists).toHaveLength(45 * 7);
    const found = dawidSkene(anaesthetists);
    expect(found.converged).toBe(true);
    expect(found.classes).toEqual(['1', '2', '3', '4']);
    expect(found.classShares.map((share) => share.toFixed(2))).toEqual([
      '0.40',
      '0.42',
      '0.11',
      '0.07',
    ]);
    const first = found.confusions.get(annotatorId('1'));
    expect(first?.map((row) => row.map((share) => share.toFixed(2)))).toEqual([
      ['0.89', '0.11', '0.00', '0.00'],
      ['0.07', '0.88', '0.05', '0.00'],
      ['0.00', '0.34', '0.66', '0.00'],
      ['0.00', '0.00', '0.56', '0.44'],
    ]);
  });

  it.each(['all', 'thinned'] as const)('agrees with crowd-kit on %s ratings', (which) => {
    const given =
      which === 'all' ? anaesthetists : anaesthetists.filter((_, place) => place % 3 !== 2);
    const found = dawidSkene(given, { iterations: 20_000 });
    const expected = crowdKitPosteriors(which);
    expect(found.posteriors.size).toBe(45);
    for (const [unit, row] of found.posteriors) {
      row.forEach((share, place) => {
        expect(share).toBeCloseTo(expected[unit]?.[found.classes[place] ?? ''] ?? Infinity, 6);
      });
    }
  });

  it('gains likelihood with every step, and gives distributions', () => {
    let before = -Infinity;
    for (let iterations = 1; iterations <= 12; iterations += 1) {
      const { logLikelihood } = dawidSkene(anaesthetists, { iterations });
      expect(logLikelihood).toBeGreaterThanOrEqual(before - 1e-9);
      before = logLikelihood;
    }
    const { posteriors, confusions, classShares } = dawidSkene(anaesthetists, { prior: mildPrior });
    for (const row of [classShares, ...posteriors.values(), ...[...confusions.values()].flat()]) {
      expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    }
  });

  it('is the same again, and differs by rounding where ratings come in another order', () => {
    expect(dawidSkene(anaesthetists)).toEqual(dawidSkene(anaesthetists));
    const turned = dawidSkene(anaesthetists.toReversed());
    for (const [unit, row] of dawidSkene(anaesthetists).posteriors) {
      row.forEach((share, at) => {
        expect(turned.posteriors.get(unit)?.[at]).toBeCloseTo(share, 6);
      });
    }
  });

  it('survives hundreds of answers to one unit', () => {
    const many = Array.from({ length: 5000 }, (_, at) =>
      said('one', annotatorId(`annotator ${at % 50}`), at % 3 === 0 ? 'ant' : 'bee'),
    );
    const { posteriors } = dawidSkene([...many, said('two', ada, 'ant')]);
    for (const row of posteriors.values()) {
      expect(row.every((share) => share >= 0 && share <= 1)).toBe(true);
    }
  });

  it('has a prior that keeps few answers from making anybody infallible', () => {
    const few = [said('one', ada, 'ant'), said('two', ada, 'bee'), said('one', bob, 'ant')];
    const bare = dawidSkene(few).confusions.get(ada);
    const mild = dawidSkene(few, { prior: mildPrior }).confusions.get(ada);
    expect(bare?.[0]?.[0]).toBe(1);
    expect(mild?.[0]?.[0]).toBeGreaterThan(0.8);
    expect(mild?.[0]?.[0]).toBeLessThan(0.95);
  });

  it('learns from units whose class is known', () => {
    const known = new Map(
      Array.from({ length: 20 }, (_, at) => [`gold ${at}`, at % 2 === 0 ? 'ant' : 'bee'] as const),
    );
    const ratings = [...known].flatMap(([unit, truth]) => [
      said(unit, ada, truth),
      said(unit, bob, 'bee'),
      said(unit, cyd, 'bee'),
    ]);
    const question = [said('new', ada, 'ant'), said('new', bob, 'bee'), said('new', cyd, 'bee')];
    const found = dawidSkene([...ratings, ...question], { known, prior: mildPrior });
    expect(found.posteriors.get('gold 0')).toEqual([1, 0]);
    const [ant, bee] = found.posteriors.get('new') ?? [];
    expect(ant).toBeGreaterThan(bee ?? 1);
    expect(weighVotes(question, found).probabilities[0]).toBeCloseTo(ant ?? 0, 6);
    // Of someone new an answer counts as the prior says.
    const [alone] = weighVotes([said('new', annotatorId('dan'), 'ant')], found).probabilities;
    expect(alone).toBeGreaterThan(0.6);
    expect(alone).toBeLessThan(0.9);
  });

  it('of nothing is nothing', () => {
    expect(dawidSkene([])).toMatchObject({ classes: [], converged: true });
  });
});
