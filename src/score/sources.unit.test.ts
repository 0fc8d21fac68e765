import { describe, expect, it } from 'vitest';
import { seeded } from '../../test/fixtures/planes.js';
import { modelName, modelVersion, referenceId } from '../ids.js';
import { calibrationOf } from './calibrate.js';
import type { Score } from './own/own-score.js';
import { ownScorer, runOf } from './own/own-scorer.js';
import type { Reference, ReferenceItem } from './reference.js';
import { scorers } from './registry.js';
import { scoreEvent } from './score-event.js';
import { signalNames } from './signal.js';
import type { FlagRule, FlagRules, SignalName } from './signal.js';

const names = ['dark', 'least-confidence'] as const;

/** The night camera is darker than the others always are. */
function draw(random: () => number, sourceId: string): readonly [number, number] {
  return [(sourceId === 'night' ? 10 : 100) + 20 * random(), random() ** 2];
}

function referenceOf(sources: Readonly<Record<string, number>>): Reference {
  const random = seeded(3);
  const items: ReferenceItem[] = [];
  const rows: (readonly [number, number])[] = [];
  for (const [sourceId, count] of Object.entries(sources)) {
    for (let at = 0; at < count; at += 1) {
      rows.push(draw(random, sourceId));
      const own = sourceId === 'none' ? {} : { sourceId };
      items.push({ path: `${sourceId}/${at}`, sha256: '0', predicted: 'milk', ...own });
    }
  }
  const measurements: Partial<Record<SignalName, Float64Array>> = {};
  for (const [at, name] of names.entries()) {
    measurements[name] = Float64Array.from(rows, (row) => row[at] ?? Number.NaN);
  }
  return {
    id: referenceId('r'),
    modelName: modelName('m'),
    modelVersion: modelVersion('1'),
    createdAt: 0,
    embedder: undefined,
    predictionsBy: 'producer',
    items,
    measurements,
    embeddings: undefined,
    neighbours: 5,
    classes: [],
  };
}

const limitOf = (reference: Reference, sourceId: string | undefined, rate: number) =>
  calibrationOf(reference).forSource(sourceId).of('dark', undefined, rate)?.limitFor(rate) ?? NaN;

describe('calibration by source', () => {
  const reference = referenceOf({ day: 800, night: 400, gate: 50, none: 30 });
  const calibration = calibrationOf(reference);

  it('holds for scores of one’s own, while they are what was measured', () => {
    const lit: Score<'pixels'> = {
      ...{ needs: ['pixels'], unit: 'grey levels', range: [0, 255], unusual: 'low', limit: 20 },
      measure: () => 0,
    };
    const scorer = ownScorer({ name: 'lit', fingerprint: 'as it was' }, lit, runOf(lit));
    const { dark } = reference.measurements;
    if (dark === undefined) throw new Error('dark was not measured');
    const measured: Reference = {
      ...reference,
      measurements: { ...reference.measurements, 'own:lit': dark },
      own: { 'own:lit': 'as it was' },
    };
    const own = calibrationOf(measured, [...scorers, scorer]);
    for (const [sourceId, count] of [
      ['night', 400],
      ['day', 800],
      [undefined, 1280],
    ] as const) {
      const ofSource = own.forSource(sourceId).of('own:lit', undefined, 0.01);
      expect(ofSource?.count).toBe(count);
      expect(ofSource?.limitFor(0.01)).toBe(
        own.forSource(sourceId).of('dark', undefined, 0.01)?.limitFor(0.01),
      );
    }
    expect(own.forSource('night').of('own:lit')?.standing(11)).toMatchObject({ among: 'of night' });
    expect(own.forSource('night').rateOfEach(['own:lit', 'dark'], 0.01)).toBeGreaterThan(0.009);
    const changed = calibrationOf(measured, [...scorers, { ...scorer, fingerprint: 'as it is' }]);
    expect(changed.of('own:lit')).toBeUndefined();
    expect(changed.forSource('night').of('own:lit')).toBeUndefined();
    expect(changed.forSource('night').of('dark')).toBeDefined();
  });

  it('keeps the asked rate for each source that has enough pictures', () => {
    const random = seeded(7);
    for (const sourceId of ['day', 'night']) {
      for (const rate of [0.01, 0.05]) {
        const limit = limitOf(reference, sourceId, rate);
        const fresh = Array.from({ length: 4000 }, () => draw(random, sourceId)[0]);
        const met = fresh.filter((raw) => raw < limit).length / fresh.length;
        // Three deviations of a quantile of 400, and of 4,000.
        const slack = 3 * Math.sqrt((rate * (1 - rate)) / 360);
        expect(Math.abs(met - rate)).toBeLessThan(slack);
      }
    }
    // All together, no day is dark beside the nights.
    const pooled = limitOf(reference, undefined, 0.01);
    expect(pooled).toBeLessThan(31);
    expect(limitOf(reference, 'day', 0.01)).toBeGreaterThan(100);
  });

  it('asks of a source as many pictures as the rate takes', () => {
    const count = (sourceId: string | undefined, rate?: number) =>
      calibration.forSource(sourceId).of('dark', undefined, rate)?.count;
    expect(count('gate', 0.02)).toBe(50);
    expect(count('gate', 0.019)).toBe(1280);
    expect(count('gate')).toBe(1280);
    expect(count('night', 0.0025)).toBe(400);
    expect(count('night', 0.002)).toBe(1280);
    expect(count('night')).toBe(400);
    expect(count('unknown', 0.1)).toBe(1280);
    expect(count(undefined, 0.1)).toBe(1280);
  });

  it('shares a rate among signals for each source', () => {
    const random = seeded(9);
    for (const sourceId of ['day', 'night', 'gate']) {
      const own = calibration.forSource(sourceId);
      const each = own.rateOfEach(names, 0.05);
      expect(each).toBeGreaterThanOrEqual(0.025);
      expect(each).toBeLessThanOrEqual(0.05);
      if (sourceId === 'gate') continue;
      const dark = own.of('dark', undefined, 0.01)?.limitFor(each) ?? NaN;
      const unsure = own.of('least-confidence', 'milk', 0.01)?.limitFor(each) ?? NaN;
      const fresh = Array.from({ length: 4000 }, () => draw(random, sourceId));
      const flagged = fresh.filter(([light, doubt]) => light < dark || doubt > unsure).length;
      expect(Math.abs(flagged / fresh.length - 0.05)).toBeLessThan(0.035);
    }
  });

  it('says which pictures an event was compared with', () => {
    const explain = (sourceId: string, rule: FlagRule) =>
      scoreEvent(
        {
          plane: undefined,
          predictions: {
            kind: 'classification',
            classes: ['milk', 'bread'],
            probabilities: [0.55, 0.45],
          },
          predictionsBy: 'producer',
          neighbours: 'no-reference',
        },
        calibration.forSource(sourceId),
        { ...off, 'least-confidence': rule },
      ).signals[0]?.explanation;
    const rule = { kind: 'false-alarms', rate: 0.01 } as const;
    expect(explain('night', rule)).toContain('400 reference pictures of night predicted as milk.');
    expect(explain('gate', rule)).toContain('1,280 reference pictures predicted as milk.');
    expect(explain('gate', { ...rule, rate: 0.1 })).toContain('50 reference pictures of gate');
    expect(explain('gate', { ...rule, rate: 0.1, together: true })).toContain('1,280 reference');
  });
});

const off = Object.fromEntries(signalNames.map((name) => [name, { kind: 'off' }])) as FlagRules;
