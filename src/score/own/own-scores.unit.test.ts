import { describe, expect, it } from 'vitest';
import { modelName, modelVersion } from '../../ids.js';
import { calibrationOf } from '../calibrate.js';
import { simpleProbes } from '../checks/probes.js';
import { referenceIdOf } from '../reference-files.js';
import type { Reference } from '../reference.js';
import { asksFor, scoreEvent } from '../score-event.js';
import type { OwnInput, OwnScorer } from '../scorer.js';
import { signalNames } from '../signal.js';
import type { FlagRules, OwnSignalName } from '../signal.js';
import { uncalibratedBy, uncalibratedText } from './in-reference.js';
import type { Score } from './own-score.js';
import { ownScorer, runOf } from './own-scorer.js';
import { askedBy, createOwnScores, runOwn } from './own-scores.js';
import { withinTime } from './time-limit.js';

const redness: Score<'pixels'> = {
  needs: ['pixels'],
  unit: 'grey levels',
  range: [0, 255],
  unusual: 'high',
  limit: 200,
  measure: ({ pixels }) => pixels.rgb[0] ?? 0,
  describe: (raw) => `The first pixel has ${raw} of red`,
};

const scorerOf = (score: Score, name = 'red', fingerprint = 'f'.repeat(64)) =>
  ownScorer({ name, fingerprint }, score, runOf(score));

const input = (red: number, more: Partial<OwnInput> = {}): OwnInput => ({
  plane: { width: 1, height: 1, rgb: Uint8Array.of(red, 0, 0) },
  predictions: { kind: 'none' },
  embedding: 'no-embedding',
  ...more,
});

const builtInOff = Object.fromEntries(signalNames.map((name) => [name, { kind: 'off' }]));
const rules = (own: Partial<Record<OwnSignalName, object>>): FlagRules =>
  ({ ...builtInOff, ...own }) as FlagRules;
const onePercent = { kind: 'false-alarms', rate: 0.01 };

const lateScorer = ownScorer({ name: 'late', fingerprint: 'f'.repeat(64) }, redness, {
  run: () =>
    withinTime(new Promise<never>(() => undefined), 5, (limit) => {
      return `gave no measurement within ${limit}`;
    }),
});

describe('runOwn', () => {
  const giving = (raw: unknown): OwnScorer =>
    scorerOf({ ...redness, measure: () => raw as number });

  it('measures', async () => {
    expect(await runOwn(scorerOf(redness), input(17))).toEqual({
      kind: 'measured',
      raw: 17,
      note: 'The first pixel has 17 of red',
    });
  });

  it.each([
    [Number.NaN, 'gave NaN, outside its range of 0 to 255'],
    [256, 'gave 256, outside its range of 0 to 255'],
    [-1, 'gave -1, outside its range of 0 to 255'],
    [Infinity, 'gave Infinity, outside its range of 0 to 255'],
    ['1', 'failed: measure gave "1"; it must give a number, or undefined, at once'],
    [null, 'failed: measure gave null; it must give a number, or undefined, at once'],
  ])('fails at %s', async (raw, problem) => {
    expect(await runOwn(giving(raw), input(1))).toMatchObject({ kind: 'failed', problem });
  });

  it('fails at a promise and at what throws', async () => {
    const late = giving(Promise.resolve(1));
    expect(await runOwn(late, input(1))).toMatchObject({ how: 'threw' });
    const throwing = scorerOf({
      ...redness,
      measure: () => {
        throw new Error('no red');
      },
    });
    expect(await runOwn(throwing, input(1))).toMatchObject({ problem: 'failed: no red' });
  });

  it('fails where the score is late, and says so', async () => {
    expect(await runOwn(lateScorer, input(1))).toEqual({
      kind: 'failed',
      how: 'late',
      problem: 'gave no measurement within 0.005 s',
    });
    const failures: string[] = [];
    const own = createOwnScores([lateScorer], (name, problem) => failures.push(name, problem));
    const found = await own.measure(input(1), own.scorers);
    expect(found.get('own:late')).toEqual({ kind: 'absent', why: 'failed' });
    expect(failures).toEqual(['own:late', 'gave no measurement within 0.005 s']);
  });

  it('is absent where there is nothing to say, or nothing to look at', async () => {
    const why = async (score: Score, given: OwnInput) => runOwn(scorerOf(score), given);
    const absent = (reason: string) => ({ kind: 'absent', why: reason });
    const vector: Score = {
      ...redness,
      needs: ['embedding'],
      embeddingLength: 2,
      measure: () => 1,
    };
    const given = (embedding: Float32Array) => input(1, { embedding });
    expect(await why({ ...redness, measure: () => undefined }, input(1))).toEqual(
      absent('does-not-apply'),
    );
    expect(await why({ ...redness, needs: ['predictions'] }, input(1))).toEqual(
      absent('no-predictions'),
    );
    expect(await why(vector, input(1))).toEqual(absent('no-embedding'));
    expect(await why(vector, given(Float32Array.of(1)))).toEqual(absent('embedding-size-differs'));
    expect(await why(vector, given(Float32Array.of(1, 2)))).toMatchObject({ raw: 1 });
  });

  it('gives a score what it asked for, and nothing else', async () => {
    const seen: unknown[] = [];
    const score: Score = { ...redness, measure: (asked) => seen.push(Object.keys(asked)) };
    await runOwn(scorerOf({ ...score, needs: ['pixels'] }), input(1));
    const embedding = Float32Array.of(1);
    await runOwn(scorerOf({ ...score, needs: ['embedding', 'pixels'] }), input(1, { embedding }));
    expect(seen).toEqual([['pixels'], ['embedding', 'pixels']]);
  });
});

describe('own scores of an event', () => {
  const failing: Score = { ...redness, measure: () => Number.NaN };
  const failures: string[] = [];
  const own = createOwnScores(
    [scorerOf(redness), scorerOf(failing, 'broken'), scorerOf(redness, 'idle')],
    (name, problem) => failures.push(`${name} ${problem}`),
  );
  const flags = rules({
    'own:red': onePercent,
    'own:broken': onePercent,
    'own:idle': { kind: 'off' },
  });

  it('stand beside the built-in ones; one that fails is told of, and costs nothing else', async () => {
    failures.length = 0;
    const [probe] = simpleProbes();
    if (probe === undefined) throw new Error('there are no probes');
    const { scores, found } = await scored(230);
    expect([...found.keys()]).toEqual(['own:red', 'own:broken']);
    expect(failures).toEqual(['own:broken gave NaN, outside its range of 0 to 255']);
    expect(scores.absent).toEqual([{ name: 'own:broken', why: 'failed' }]);
    expect(scores.signals).toEqual([
      {
        name: 'own:red',
        family: 'quality',
        raw: 230,
        edgeScore: 55 / 80,
        calibrated: false,
        flagged: true,
        limit: 200,
        explanation: 'The first pixel has 230 of red, no reference pictures to compare it with.',
      },
    ]);
    expect((await scored(120)).scores.signals[0]).toMatchObject({ flagged: false });

    async function scored(red: number) {
      const measured = await own.measure(input(red), askedBy(flags, own.scorers));
      const given = { ...probe, ...input(red), neighbours: 'no-reference', own: measured } as const;
      return {
        found: measured,
        scores: scoreEvent({ ...given, predictionsBy: 'producer' }, undefined, flags, own.all),
      };
    }
  });

  it('are asked for by what they need', () => {
    expect(asksFor('pixels', flags, own.all)).toBe(true);
    expect(asksFor('embedding', flags, own.all)).toBe(false);
    expect(asksFor('pixels', flags)).toBe(false);
    expect(asksFor('pixels', rules({}), own.all)).toBe(false);
  });

  it('are calibrated by a reference only while they are what it was measured with', () => {
    const column = Float64Array.from({ length: 200 }, (_, at) => at / 2);
    const reference = referenceWith({ 'own:red': column }, { 'own:red': 'f'.repeat(64) });
    const { of } = calibrationOf(reference, own.all);
    expect(of('own:red')?.limitFor(0.01)).toBeCloseTo(99, 0);
    expect(calibrationOf(reference).of('own:red')).toBeUndefined();
    expect(uncalibratedText(uncalibratedBy(reference, own.scorers))).toBe(
      'own:broken (not measured), own:idle (not measured)',
    );

    const changed = [scorerOf(redness, 'red', 'a'.repeat(64))];
    expect(calibrationOf(reference, changed).of('own:red')).toBeUndefined();
    expect(uncalibratedBy(reference, changed)).toEqual([{ name: 'own:red', why: 'changed-since' }]);
    const few = Float64Array.from(column, (raw, at) => (at < 9 ? raw : Number.NaN));
    const sparse = referenceWith({ 'own:red': few }, { 'own:red': 'f'.repeat(64) });
    expect(uncalibratedBy(sparse, [scorerOf(redness)])).toEqual([
      { name: 'own:red', why: 'too-few' },
    ]);
  });
});

describe('ownScorer', () => {
  it('takes its family from what it needs, unless it says', () => {
    const family = (score: Partial<Score>) => scorerOf({ ...redness, ...score }).family;
    expect(family({})).toBe('quality');
    expect(family({ needs: ['embedding', 'pixels'] })).toBe('novelty');
    expect(family({ needs: ['embedding', 'predictions'] })).toBe('confidence');
    expect(family({ family: 'novelty' })).toBe('novelty');
  });

  it('explains itself where the score has no words, or none that serve', async () => {
    const explain = async (describe?: (raw: number) => string) => {
      const { needs, unit, range, unusual, limit } = redness;
      const bare = { needs, unit, range, unusual, limit, measure: () => 1.23456 };
      const scorer = scorerOf(describe === undefined ? bare : { ...bare, describe });
      const found = await scorer.run(input(1));
      return scorer.explain(found?.raw ?? 0, { lessUnusual: 0.5, count: 20 }, found?.note);
    };
    const generic =
      'Red measures 1.235 (grey levels), higher than 50.0 % of the 20 reference pictures.';
    expect(await explain()).toBe(generic);
    expect(await explain(() => '')).toBe(generic);
    expect(await explain(() => 'a\nb')).toBe(generic);
    expect(
      await explain(() => {
        throw new Error('no words');
      }),
    ).toBe(generic);
    expect(await explain(() => 'it is red.')).toBe(
      'It is red, higher than 50.0 % of the 20 reference pictures.',
    );
  });
});

function referenceWith(
  measurements: Reference['measurements'],
  own: Readonly<Record<string, string>>,
): Reference {
  const rows = Object.values(measurements)[0]?.length ?? 0;
  const content = {
    modelName: modelName('m'),
    modelVersion: modelVersion('1'),
    embedder: undefined,
    items: Array.from({ length: rows }, (_, at) => ({ path: `${at}`, sha256: '0'.repeat(64) })),
    measurements,
    own,
    embeddings: undefined,
    neighbours: 1,
    classes: [],
  };
  return { ...content, id: referenceIdOf(content), createdAt: 0 };
}
