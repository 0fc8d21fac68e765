import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/fixtures/planes.js';
import { modelName, modelVersion, referenceId } from '../ids.js';
import { calibrationOf } from './calibrate.js';
import type { Reference } from './reference.js';
import { scoreEvent } from './score-event.js';
import { signalNames } from './signal.js';
import type { FlagRule, FlagRules, SignalName } from './signal.js';

const names = ['least-confidence', 'margin', 'dark', 'blur', 'embedding-distance'] as const;
type Row = readonly number[];

describe('rateOfEach', () => {
  it('keeps the asked rate over all signals, near to it, however they depend', () => {
    for (const shared of [0, 0.9, 1]) {
      const random = seeded(5);
      const draw = () => drawRow(random, shared);
      const calibration = calibrationOf(referenceOf(Array.from({ length: 3000 }, draw)));
      const fresh = Array.from({ length: 6000 }, draw);
      for (const rate of [0.01, 0.05]) {
        const each = calibration.rateOfEach(names, rate);
        expect(each).toBeGreaterThanOrEqual(rate / names.length);
        expect(each).toBeLessThanOrEqual(rate);
        const limits = names.map((name) => calibration.of(name)?.limitFor(each) ?? NaN);
        const flagged = fresh.filter((row) => isBeyondAny(row, limits));
        const met = flagged.length / fresh.length;
        // Three standard deviations of the share of 3,000, and of 6,000.
        const slack = 3 * Math.sqrt((rate * (1 - rate)) / 2000);
        expect(met).toBeLessThan(rate + slack);
        expect(met).toBeGreaterThan(rate - slack - rate * 0.2);
      }
      if (shared === 1) expect(calibration.rateOfEach(names, 0.05)).toBeGreaterThan(0.04);
    }
  });

  it('comes near to a rate that is below a picture of the reference for each', () => {
    const rate = 0.001;
    const fresh = 20_000;
    for (const shared of [0, 1]) {
      let flagged = 0;
      for (let seed = 1; seed <= 10; seed += 1) {
        const random = seeded(seed);
        const draw = () => drawRow(random, shared);
        const calibration = calibrationOf(referenceOf(Array.from({ length: 2000 }, draw)));
        const each = calibration.rateOfEach(names, rate);
        const limits = names.map((name) => calibration.of(name)?.limitFor(each) ?? NaN);
        for (let n = 0; n < fresh; n += 1) {
          const row = draw();
          if (isBeyondAny(row, limits)) flagged += 1;
        }
      }
      const met = flagged / (10 * fresh);
      // A reference's most unusual picture lies somewhere: of ten references, 0.3 is a deviation.
      expect(met).toBeLessThan(rate * 1.4);
      expect(met).toBeGreaterThan(rate * 0.4);
    }
  });

  it('keeps the rate of a source where a signal has too few of its pictures', () => {
    const rate = 0.02;
    const [fresh, references] = [4000, 8];
    let flagged = 0;
    for (let seed = 1; seed <= references; seed += 1) {
      const random = seeded(seed);
      const draw = () => drawRow(random, 0);
      const whole = referenceOf(Array.from({ length: 400 }, draw));
      const items = whole.items.map((item, row) => ({ ...item, sourceId: `camera-${row % 4}` }));
      // 75 of each source, so that it is held against all, and has shorter steps than the others.
      const some = (whole.measurements['embedding-distance'] ?? new Float64Array()).map(
        (raw, row) => (row % 16 < 12 ? raw : NaN),
      );
      const measurements = { ...whole.measurements, 'embedding-distance': some };
      const own = calibrationOf({ ...whole, items, measurements }).forSource('camera-1');
      const each = own.rateOfEach(names, rate);
      const limits = names.map((name) => own.of(name, undefined, 0.01)?.limitFor(each) ?? NaN);
      for (let n = 0; n < fresh; n += 1) {
        const row = draw();
        if (isBeyondAny(row, limits)) flagged += 1;
      }
    }
    expect(flagged / (references * fresh)).toBeLessThan(1.3 * rate);
  });

  it('is Bonferroni’s where few pictures have all signals, and the rate itself for one', () => {
    const random = seeded(6);
    const few = calibrationOf(referenceOf(Array.from({ length: 90 }, () => drawRow(random, 0))));
    expect(few.rateOfEach(names, 0.1)).toBeCloseTo(0.02, 12);
    expect(few.rateOfEach(['dark'], 0.1)).toBe(0.1);
  });
});

describe('calibration by class', () => {
  const random = seeded(8);
  const classes = [...Array<string>(150).fill('dog'), ...Array<string>(40).fill('cat')];
  const rows = classes.map((name) => [
    name === 'dog' ? random() : 0.2 * random(),
    0.5,
    90,
    0.1,
    0.1,
  ]);
  const calibration = calibrationOf(referenceOf(rows, classes));

  it('holds a class against itself where there is enough of it', () => {
    expect(calibration.of('least-confidence', 'dog')?.count).toBe(150);
    expect(calibration.of('least-confidence', 'cat')?.count).toBe(190);
    expect(calibration.of('least-confidence')?.count).toBe(190);
    expect(calibration.of('dark', 'dog')?.count).toBe(190);
  });

  it('holds rare classes against one another where they are enough together', () => {
    const many = [...classes, ...Array<string>(70).fill('fox')];
    const of = calibrationOf(referenceOf([...rows, ...rows.slice(0, 70)], many)).of;
    expect(of('least-confidence', 'fox')?.count).toBe(110);
    expect(of('least-confidence', 'never seen')?.standing(0.5)).toMatchObject({
      count: 110,
      among: 'of rarer classes',
    });
  });

  it('says so, and takes rules by class', () => {
    const score = (flagRule: FlagRule, best: string) => {
      const { signals } = scoreEvent(
        {
          plane: undefined,
          predictions: {
            kind: 'classification',
            classes: [best, 'other'],
            probabilities: [0.6, 0.4],
          },
          predictionsBy: 'embedder',
          neighbours: 'no-reference',
        },
        calibration,
        {
          ...off,
          'least-confidence': {
            kind: 'by-class',
            classes: new Map([['dog', flagRule]]),
            otherwise: { kind: 'raw', limit: 0.3 },
          },
        },
      );
      return signals[0];
    };
    const strict = { kind: 'raw', limit: 0.5 } as const;
    expect(score(strict, 'dog')).toMatchObject({ flagged: false });
    expect(score(strict, 'cat')).toMatchObject({ flagged: true });
    expect(score(strict, 'dog')?.explanation).toMatch(
      /less certain than \d+\.\d % of the 150 reference pictures predicted as dog\.$/,
    );
    expect(score({ kind: 'off' }, 'dog')).toBeUndefined();
  });
});

const off = Object.fromEntries(signalNames.map((name) => [name, { kind: 'off' }])) as FlagRules;

function isBeyondAny(row: Row, limits: readonly number[]): boolean {
  return names.some((name, at) => {
    const [value = NaN, limit = NaN] = [row[at], limits[at]];
    return name !== 'margin' && name !== 'dark' ? value > limit : value < limit;
  });
}

/** `shared` of 1: all signals tell the same. */
function drawRow(random: () => number, shared: number): Row {
  const common = random();
  const mixed = names.map(() => (random() < shared ? common : random()));
  return mixed.map((value, at) =>
    names[at] === 'dark' ? 255 * (1 - value) : names[at] === 'margin' ? 1 - value : value,
  );
}

function referenceOf(rows: readonly Row[], predicted?: readonly string[]): Reference {
  const measurements: Partial<Record<SignalName, Float64Array>> = {};
  names.forEach((name, at) => {
    measurements[name] = Float64Array.from(rows, (row) => row[at] ?? NaN);
  });
  return {
    id: referenceId('r'),
    modelName: modelName('m'),
    modelVersion: modelVersion('1'),
    createdAt: 0,
    embedder: undefined,
    predictionsBy: 'embedder',
    items: rows.map((_, at) => {
      const best = predicted?.[at];
      return { path: `${at}`, sha256: '0', ...(best === undefined ? {} : { predicted: best }) };
    }),
    measurements,
    embeddings: undefined,
    neighbours: 5,
    classes: [],
  };
}
