import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../../test/fixtures/planes.js';
import { normalDeviate } from '../../image/normal-deviate.js';
import type { Spoiling } from '../../image/spoil-plane.js';
import { normalisedRows } from '../exact-neighbours.js';
import { rowOf } from '../embedding-matrix.js';
import type { EmbeddingMatrix } from '../embedding-matrix.js';
import type { Signal } from '../signal.js';
import { areaUnderCurve, falseAlarmsAt95 } from './area-under-curve.js';
import { combined, mostSurprise, standardOf, surprise } from './combine.js';
import { detect } from './detectors.js';
import type { EmbeddedPictures } from './detectors.js';
import { exposedScore, exposedSurprises, fitExposure } from './outlier-exposure.js';
import { fitNovelty } from './fit-novelty.js';
import { groupRows } from './group-rows.js';
import { localDensities, localOutlierFactor } from './local-outlier-factor.js';
import { logitScores } from './logit-scores.js';
import { mahalanobis, shrunkCovariance } from './mahalanobis.js';
import { causeOf, noveltyDetail } from './novelty-detail.js';
import { findingOf } from './novelty-model.js';
import { noveltyMethods } from './novelty-methods.js';
import { meanRow, principalAxes } from './principal-axes.js';
import { alongAxes, seenRows, seenUnit, sharedAxes } from './shared-axes.js';

const random = seeded(5);
const normal = () => normalDeviate(random);

describe('principalAxes', () => {
  it('finds the directions of most variance, and what is off them', () => {
    const deviations = [9, 4, 2, 0.1, 0.1, 0.1];
    const matrix = drawn(400, (column) => 3 + (deviations[column] ?? 0) * normal());
    const axes = principalAxes(matrix, { most: 3 });
    expect(axes.variances).toHaveLength(3);
    for (const [axis, deviation] of [9, 4, 2].entries()) {
      expect(Math.sqrt(axes.variances[axis] ?? 0) / deviation).toBeCloseTo(1, 0);
      expect(Math.abs(axes.axes[axis * 6 + axis] ?? 0)).toBeGreaterThan(0.98);
    }
    expect(axes.total).toBeGreaterThan(axes.variances.reduce((sum, each) => sum + each, 0));
  });

  it('has no axes for rows that are all the same', () => {
    expect(principalAxes(drawn(12, () => 2)).variances).toHaveLength(0);
  });
});

describe('sharedAxes', () => {
  it('are at right angles, and hold the mean of the rows and of their directions', () => {
    const { raw, unit } = embedded(40, (column) => (column < 2 ? 3 : 1) + 0.5 * normal());
    const shared = sharedAxes(raw, unit);
    expect(shared.count).toBeGreaterThan(2);
    for (let one = 0; one < shared.count; one += 1) {
      const along = alongAxes(shared, shared.axes.subarray(one * 6, one * 6 + 6));
      for (const [other, part] of along.entries()) {
        expect(part).toBeCloseTo(other === one ? 1 : 0, 4);
      }
    }
  });

  it('hold both means where they are few', () => {
    const few = embedded(3, (column) => (column < 2 ? 3 : 1) + 0.5 * normal());
    const shared = sharedAxes(few.raw, few.unit);
    for (const mean of [meanRow(few.raw), meanRow(few.unit)]) {
      const { along, squares } = seenRows(shared, { rows: 1, dimensions: 6, values: mean });
      const onAxes = along.values.reduce((sum, part) => sum + part * part, 0);
      expect(onAxes).toBeCloseTo(squares[0] ?? 0, 4);
    }
  });

  it('see a row without direction as zeros', () => {
    const shared = sharedAxes(drawn(9, normal), drawn(9, normal));
    const seen = seenUnit(
      seenRows(
        shared,
        drawn(2, () => 0),
      ),
    );
    expect([...seen.along.values].every((part) => part === 0)).toBe(true);
    expect([...seen.squares]).toEqual([0, 0]);
  });
});

describe('mahalanobis', () => {
  const fitted = (matrix: EmbeddingMatrix, of?: Int32Array) => {
    const shared = sharedAxes(matrix, { ...matrix, values: normalisedRows(matrix) });
    const covariance = shrunkCovariance(seenRows(shared, matrix), 6, of);
    const at = (...values: number[]) => {
      const embedding = Float32Array.from({ length: 6 }, (_, i) => values[i] ?? 0);
      const squares = embedding.reduce((sum, value) => sum + value * value, 0);
      return mahalanobis(covariance, alongAxes(shared, embedding), squares);
    };
    return { covariance, at };
  };

  it('counts an offset by how unusual it is in its direction', () => {
    const { covariance, at } = fitted(drawn(500, (column) => (column === 0 ? 10 : 1) * normal()));
    expect(at(10)).toBeCloseTo(1, 0);
    expect(at(0, 10) / 10).toBeCloseTo(1, 0);
    expect(covariance.shrinkage).toBeGreaterThanOrEqual(0);
    expect(covariance.shrinkage).toBeLessThan(0.1);
  });

  it('goes to the nearest class, and leaves out rows of none', () => {
    const of = Int32Array.from({ length: 300 }, (_, row) => (row % 3) - 1);
    const centres = [50, -9, 9];
    const { at } = fitted(
      drawn(300, (column, row) => (column === 0 ? (centres[row % 3] ?? 0) : 0) + normal()),
      of,
    );
    expect(at(9)).toBeLessThan(1);
    expect(at(-9)).toBeLessThan(1);
    expect(at(0)).toBeGreaterThan(7);
    expect(at(50)).toBeGreaterThan(30);
  });

  it('shrinks the more the fewer rows there are, and stays finite', () => {
    const few = fitted(drawn(4, () => normal()));
    const many = fitted(drawn(400, (column) => (column + 1) * normal()));
    expect(few.covariance.shrinkage).toBeGreaterThan(many.covariance.shrinkage);
    expect(fitted(drawn(10, () => 1)).at()).toSatisfy(Number.isFinite);
    expect(fitted(drawn(10, () => 0)).at(1)).toSatisfy(Number.isFinite);
  });
});

describe('localOutlierFactor', () => {
  it('is about 1 inside, and more outside', () => {
    const pictures = embedded(60, (column) => (column === 0 ? 5 : normal()));
    const densities = localDensities(pictures.unit);
    expect(localOutlierFactor(densities, Float64Array.of(2, 0, 0, 0, 0, 0), 0.5)).toBeLessThan(1.3);
    expect(localOutlierFactor(densities, Float64Array.of(0, 0, 0, 0, 0, 1), 1)).toBeGreaterThan(2);
  });

  it('does not mix references that are asked in turns', () => {
    const many = localDensities(embedded(80, (column) => (column === 0 ? 5 : normal())).unit);
    const few = localDensities(embedded(9, (column) => (column === 1 ? 5 : normal())).unit);
    const along = Float64Array.of(0.6, 0.8, 0, 0, 0, 0);
    const alone = [many, few].map((each) => localOutlierFactor(each, along, 1));
    for (let turn = 0; turn < 3; turn += 1) {
      expect([many, few].map((each) => localOutlierFactor(each, along, 1))).toEqual(alone);
    }
  });
});

describe('logitScores', () => {
  it('are lowest for a sure answer', () => {
    const sure = logitScores([20, 0, 0]);
    const unsure = logitScores([1, 1, 1]);
    expect(sure.maximumSoftmax).toBeCloseTo(-1, 6);
    expect(unsure.maximumSoftmax).toBeCloseTo(-1 / 3, 12);
    expect(unsure.energy).toBeCloseTo(-1 - Math.log(3), 12);
    expect(sure.maximumLogit).toBe(-20);
    expect(logitScores([900, -900]).energy).toBe(-900);
  });
});

describe('fitExposure', () => {
  const spoiltAt = (axis: number) => (column: number) =>
    3 + normal() * 0.3 + (column === axis ? 1.5 : 0);
  const ordinary = embedded(80, spoiltAt(-1));
  const spoilt = embedded(80, (column, row) => spoiltAt(row % 2)(column));
  const kinds = Array.from({ length: 80 }, (_, row): Spoiling =>
    row % 2 === 0 ? 'dark' : 'moved',
  );
  const exposure = fitExposure(ordinary.raw, spoilt.raw, kinds);
  const surprises = (of: EmbeddedPictures) =>
    Array.from({ length: of.raw.rows }, (_, row) => exposedSurprises(exposure, rowOf(of.raw, row)));

  const scoreOf = (each: Float64Array) => exposedScore(each, exposure.kinds);

  it('tells each kind of spoilt from ordinary, and which it is', () => {
    expect(exposure.kinds).toEqual(['dark', 'moved']);
    for (const axis of [0, 1]) {
      const fresh = surprises(embedded(50, spoiltAt(axis)));
      const own = fresh.map((each) => each[axis] ?? 0);
      const other = fresh.map((each) => each[1 - axis] ?? 0);
      expect(areaUnderCurve(other, own)).toBeGreaterThan(0.9);
      expect(areaUnderCurve(surprises(ordinary).map(scoreOf), fresh.map(scoreOf))).toBeGreaterThan(
        0.95,
      );
    }
  });

  it('stays finite where embeddings have no direction, and where all are the same', () => {
    expect(exposedSurprises(exposure, new Float32Array(6)).every(Number.isFinite)).toBe(true);
    const same = drawn(12, () => 1);
    const flat = fitExposure(same, same, kinds.slice(0, 12));
    const far = exposedSurprises(flat, Float32Array.of(1, -2, 3, 0, 0, 9));
    expect(exposedScore(far, flat.kinds)).toSatisfy(Number.isFinite);
  });

  it('scores by the kinds that count', () => {
    const surprises = Float64Array.of(3, 4);
    expect(exposedScore(surprises, ['dark', 'mixed'])).toBeCloseTo(Math.sqrt(12.5), 12);
    expect(exposedScore(surprises, ['dark', 'mixed'], (kind) => kind === 'mixed')).toBe(4);
    expect(exposedScore(surprises, ['dark', 'mixed'], (kind) => kind === 'moved')).toBeNaN();
  });
});

describe('surprise', () => {
  it('is - ln of the upper tail of the normal distribution', () => {
    const standard = { median: 10, spread: 2 };
    // Tables of the normal distribution: Abramowitz and Stegun, 26.1 and 26.2.
    for (const [deviations, tail] of [
      [0, 0.5],
      [1, 0.158655],
      [-1, 0.841345],
      [2, 0.0227501],
      [3, 0.0013499],
      [5, 2.86652e-7],
    ] as const) {
      expect(surprise(10 + 2 * deviations, standard)).toBeCloseTo(-Math.log(tail), 4);
    }
    expect(surprise(Infinity, standard)).toBe(mostSurprise);
    expect(surprise(-Infinity, standard)).toBeGreaterThanOrEqual(0);
  });

  it('rises with the value', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -40, max: 40, noNaN: true }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        (at, more) => {
          const standard = { median: 0, spread: 1 };
          expect(surprise(at + more, standard)).toBeGreaterThanOrEqual(
            surprise(at, standard) - 1e-9,
          );
        },
      ),
    );
  });

  it('passes on the weights of methods that are absent', () => {
    const standards = [standardOf([1, 2, 3]), standardOf([1, 2, 3])];
    const both = combined(Float64Array.of(3, 3), standards, [0.5, 0.5]);
    expect(combined(Float64Array.of(3, Number.NaN), standards, [0.5, 0.5])).toBeCloseTo(both, 12);
    expect(combined(Float64Array.of(Number.NaN, Number.NaN), standards, [0.5, 0.5])).toBe(0);
  });
});

describe('areaUnderCurve', () => {
  it('counts pairs in the right order, ties half', () => {
    expect(areaUnderCurve([1, 2, 3], [4, 5])).toBe(1);
    expect(areaUnderCurve([1, 2], [2, 0])).toBeCloseTo((1.5 + 0) / 4, 12);
    expect(areaUnderCurve([], [1])).toBeNaN();
    expect(falseAlarmsAt95([1, 2, 3, 4], [3, 5, 6])).toBe(0.5);
  });
});

describe('groupRows', () => {
  it('takes the classes, or finds clusters', () => {
    const { unit } = embedded(60, (column, row) => (column === row % 3 ? 5 : 0.3 * normal()));
    const found = groupRows(unit, undefined, 3);
    for (const [row, group] of found.entries()) expect(group).toBe(found[row % 3]);
    expect(new Set(found).size).toBe(3);
    expect(
      groupRows(
        unit,
        Int32Array.from({ length: 60 }, (_, row) => row % 7),
        5,
      ).slice(0, 7),
    ).toEqual([0, 1, 2, 3, 4, 0, 1]);
    expect(new Set(groupRows(embedded(12, () => 1).unit, undefined, 5)).size).toBe(1);
  });
});

describe('fitNovelty', () => {
  it('tells fresh ordinary pictures from strange and from spoilt ones, on what it did not see', async () => {
    const usual = (column: number) => (column < 3 ? 4 : 1) + 0.4 * normal();
    const odd = (column: number) => (column < 3 ? 1 : 4) + 0.4 * normal();
    const faded = (column: number) => (column < 3 ? 2.6 : 1) + 0.4 * normal();
    const ordinary = embedded(80, usual);
    const spoilt = embedded(40, faded);
    const { model, heldOut } = await fitNovelty({
      ordinary,
      classes: undefined,
      nearest: Float64Array.from({ length: 80 }, () => 0.004 + 0.002 * random()),
      neighbours: 5,
      spoilt,
      spoiltBy: Array.from({ length: 40 }, (_, source) => ({
        kind: source < 20 ? 'dark' : 'mixed',
        source,
      })),
    });
    const raws = (of: EmbeddedPictures, withLogits = true) =>
      Array.from({ length: of.raw.rows }, (_, row) => {
        const logits = of.logits === undefined || !withLogits ? undefined : rowOf(of.logits, row);
        return findingOf(model, detect(model.detectors, rowOf(of.raw, row), logits, 0.005)).raw;
      });
    const fresh = embedded(80, usual);
    for (const withLogits of [true, false]) {
      expect(
        areaUnderCurve(raws(fresh, withLogits), raws(embedded(40, odd), withLogits)),
      ).toBeGreaterThan(0.95);
      expect(
        areaUnderCurve(raws(fresh, withLogits), raws(embedded(40, faded), withLogits)),
      ).toBeGreaterThan(0.8);
    }
    // Held-out scores stand for fresh ones: neither is much higher than the other.
    expect(areaUnderCurve([...heldOut], raws(fresh))).toBeGreaterThan(0.3);
    expect(areaUnderCurve([...heldOut], raws(fresh))).toBeLessThan(0.7);
    expect(model.weights).toHaveLength(noveltyMethods.length);
    expect(model.figures.at(-1)?.method).toBe('combination');
    expect(Object.keys(model.reached).toSorted()).toEqual(['dark', 'mixed']);

    // Spoilt as the reference's were, it is explained; strange in another way, it is not.
    const explained = (of: EmbeddedPictures) =>
      Array.from({ length: of.raw.rows }, (_, row) =>
        findingOf(model, detect(model.detectors, rowOf(of.raw, row), undefined, 0.005)),
      ).filter(({ explainedBy }) => explainedBy.length > 0).length / of.raw.rows;
    expect(explained(embedded(40, faded))).toBeGreaterThan(0.7);
    expect(explained(embedded(40, odd))).toBeLessThan(0.1);
  });
});

describe('causeOf', () => {
  const signal = (name: Signal['name'], flagged: boolean, edgeScore = 0.99): Signal => ({
    name,
    family: 'quality',
    raw: 1,
    edgeScore,
    calibrated: true,
    flagged,
    explanation: '',
  });
  const finding = {
    raw: 2,
    shares: [{ method: 'energy', share: 1.5 }],
    towards: [
      { kind: 'steep', surprise: 6 },
      { kind: 'moved', surprise: 5.5 },
    ],
    explainedBy: ['steep', 'moved'],
  } as const;

  it('is the flagged quality signal that makes the reference’s pictures as strange', () => {
    expect(causeOf(finding, [signal('dark', true)])?.signal).toBe('dark');
    expect(causeOf(finding, [signal('dark', false)])).toBeUndefined();
    expect(causeOf(finding, [signal('over-exposed', true)])).toBeUndefined();
    expect(causeOf(finding, [signal('dark', true, 0.9), signal('blur', true, 0.95)])?.signal).toBe(
      'blur',
    );
    expect(causeOf({ ...finding, explainedBy: [] }, [signal('dark', true)])).toBeUndefined();
    // Equally unusual: the farther way, then the more specific signal.
    expect(causeOf(finding, [signal('blur', true), signal('dark', true)])?.signal).toBe('dark');
    expect(causeOf(finding, [signal('blur', true), signal('motion-blur', true)])).toEqual({
      signal: 'motion-blur',
      isBlank: false,
    });
  });

  it('is the light of a blank picture, however strange that is', () => {
    const nothing = { ...finding, explainedBy: [] };
    const flat = { ...signal('low-contrast', true), raw: 3 };
    const black = { ...signal('dark', true), raw: 0 };
    const smooth = signal('blur', true);
    expect(causeOf(nothing, [smooth, flat, black])).toEqual({ signal: 'dark', isBlank: true });
    expect(causeOf(nothing, [flat])).toEqual({ signal: 'low-contrast', isBlank: true });
    expect(causeOf(nothing, [{ ...flat, raw: 40 }, black])).toBeUndefined();
    expect(causeOf(nothing, [{ ...flat, flagged: false }, black])).toBeUndefined();
    expect(noveltyDetail(nothing, [], [], { signal: 'dark', isBlank: true })).toMatch(
      /But it is dark, and that explains it: there is next to nothing to be seen in it\.$/,
    );
  });

  it('is said, with what weighed and what is near', () => {
    const items = [{ path: 'a/1.jpg' }, { path: 'a/2.jpg' }];
    const near = [{ index: 1, distance: 0.1 }];
    expect(noveltyDetail(finding, near, items, { signal: 'dark', isBlank: false })).toBe(
      'Most weighed energy 100 %. Farthest towards high-contrast pictures. Nearest in the reference: ' +
        'a/2.jpg. But it is dark, and that explains it: pictures of the reference become as strange ' +
        'when spoilt so.',
    );
    expect(noveltyDetail({ ...finding, shares: [], towards: [] }, [], items, undefined)).toBe('');
    const shares = [...finding.shares, { method: 'mahalanobis', share: 0.005 } as const];
    expect(noveltyDetail({ ...finding, shares, towards: [] }, [], items, undefined)).toBe(
      'Most weighed energy 100 %.',
    );
  });
});

function drawn(rows: number, value: (column: number, row: number) => number): EmbeddingMatrix {
  const dimensions = 6;
  const values = Float32Array.from({ length: rows * dimensions }, (_, at) =>
    value(at % dimensions, Math.floor(at / dimensions)),
  );
  return { rows, dimensions, values };
}

function embedded(rows: number, value: (column: number, row: number) => number): EmbeddedPictures {
  const raw = drawn(rows, value);
  const logits = drawn(rows, () => normal());
  return { raw, unit: { ...raw, values: normalisedRows(raw) }, logits };
}
