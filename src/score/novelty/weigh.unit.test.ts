import { describe, expect, it } from 'vitest';
import { seeded } from '../../../test/fixtures/planes.js';
import { normalDeviate } from '../../image/normal-deviate.js';
import { needsLogits, noveltyMethods } from './novelty-methods.js';
import type { NoveltyMethod } from './novelty-methods.js';
import { chooseWeights } from './weigh.js';

const random = seeded(5);
const normal = () => normalDeviate(random);

describe('chooseWeights', () => {
  const all = noveltyMethods.map(() => true);
  const at = (method: NoveltyMethod) => noveltyMethods.indexOf(method);
  /** Surprises that are ordinary but for those of some methods. */
  const rows = (count: number, strange: Partial<Record<NoveltyMethod, number>> = {}) =>
    Array.from({ length: count }, () =>
      Float64Array.from(noveltyMethods, (method) =>
        Math.max(0, 1 + (strange[method] ?? 0) + normal()),
      ),
    );
  const plain = ['nearest-neighbours', 'mahalanobis', 'mahalanobis-normalised'] as const;
  const toPlain = (by: number) => Object.fromEntries(plain.map((method) => [method, by]));
  const sets = {
    ordinary: rows(80),
    spoilt: [
      // As strange to both, so that neither costs anything.
      { kind: 'dark', copies: rows(60, { 'degraded-exposure': 2, ...toPlain(2) }) },
      { kind: 'mixed', copies: rows(60, { 'mixed-exposure': 2 }) },
    ],
    leftOut: rows(80, { 'degraded-exposure': 2 }),
    besideLeftOut: rows(80),
  } as const;
  const plainOf = (weights: readonly number[]) =>
    plain.reduce((sum, method) => sum + (weights[at(method)] ?? 0), 0);

  it('gives methods that know nothing of spoiling more where they tell what was left out', () => {
    const without = chooseWeights(sets, all);
    const told = chooseWeights({ ...sets, leftOut: rows(80, toPlain(2)) }, all);
    for (const weights of [without, told]) {
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
      expect(Math.min(...weights)).toBeGreaterThan(0);
      expect(weights[at('mixed-exposure')]).toBeCloseTo(0.12, 9);
    }
    expect(plainOf(told)).toBeGreaterThan(2 * plainOf(without));
  });

  it('keeps what degraded copies are told by, whatever is gained elsewhere', () => {
    const leftOut = rows(80, toPlain(2));
    // Strange to the plain methods the wrong way round: every share of theirs costs.
    const misled = rows(60, { 'degraded-exposure': 2, ...toPlain(-2) });
    const spoilt = [{ kind: 'dark', copies: misled }] as const;
    const kept = chooseWeights({ ...sets, spoilt, leftOut }, all);
    expect(plainOf(kept)).toBeLessThan(plainOf(chooseWeights({ ...sets, leftOut }, all)));
  });

  it('leaves out what can not be had, and needs nothing to choose by', () => {
    const usable = noveltyMethods.map((method) => !needsLogits.has(method));
    for (const given of [sets, { ...sets, spoilt: [] }, { ...sets, leftOut: [] }]) {
      const weights = chooseWeights(given, usable);
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
      for (const method of needsLogits) expect(weights[at(method)]).toBe(0);
    }
    const none = noveltyMethods.map(() => false);
    expect(chooseWeights(sets, none)).toEqual(noveltyMethods.map(() => 0));
  });
});
