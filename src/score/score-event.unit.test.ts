import { describe, expect, it } from 'vitest';
import { mapped, seeded, sharpScene } from '../../test/fixtures/planes.js';
import { modelName, modelVersion, referenceId } from '../ids.js';
import { calibrationOf } from './calibrate.js';
import { chooseEmbedding } from './embedding-choice.js';
import { isFlagged } from './flag.js';
import { predictionsFrom } from './predictions.js';
import type { Reference } from './reference.js';
import { scorers } from './registry.js';
import { scoreEvent } from './score-event.js';
import type { ScoringInput } from './scorer.js';
import { signalNames } from './signal.js';
import type { FlagRule, FlagRules, SignalName } from './signal.js';

const everywhere = (rule: FlagRule): FlagRules =>
  Object.fromEntries(signalNames.map((name) => [name, rule])) as Record<SignalName, FlagRule>;
const onePercent = everywhere({ kind: 'false-alarms', rate: 0.01 });

const event: ScoringInput = {
  plane: sharpScene(),
  predictions: { kind: 'classification', classes: ['a', 'b'], probabilities: [0.6, 0.4] },
  predictionsBy: 'producer',
  neighbours: [{ index: 0, distance: 0.2 }],
};
const night: ScoringInput = { ...event, plane: mapped(sharpScene(), (level) => level / 20) };

describe('scoreEvent', () => {
  it('gives every signal once, as scored or as absent', () => {
    const { signals, absent } = scoreEvent(event, undefined, onePercent);
    expect([...signals, ...absent].map(({ name }) => name).toSorted()).toEqual(
      signalNames.toSorted(),
    );
    expect(absent).toEqual([
      ...[
        'lowest-box-score',
        'mean-box-score',
        'near-threshold',
        'class-overlap',
        'box-count',
        'box-size',
        'cut-boxes',
        'flicker',
      ].map((name) => ({ name, why: 'no-predictions' })),
      { name: 'label-disagreement', why: 'no-labels' },
      { name: 'frozen-camera', why: 'no-previous-frame' },
      ...[
        'unusual-size',
        'unusual-aspect',
        'unusual-colour-mode',
        'unusual-encoding',
        'rotated',
        'out-of-distribution',
      ].map((name) => ({ name, why: 'no-reference' })),
    ]);
  });

  it('scores by fixed limits without a reference', () => {
    const { signals } = scoreEvent(night, undefined, onePercent);
    expect(signals.every(({ calibrated }) => !calibrated)).toBe(true);
    expect(signals.find(({ name }) => name === 'dark')).toMatchObject({ flagged: true });
    expect(signals.find(({ name }) => name === 'over-exposed')).toMatchObject({ flagged: false });
    expect(signals.find(({ name }) => name === 'dark')?.explanation).toMatch(
      /^Brightness \d+\.\d of 255: no reference pictures to compare it with\.$/,
    );
  });

  it('scores by the reference where it measured the signal', () => {
    const { signals } = scoreEvent(night, calibrationOf(reference()), onePercent);
    const dark = signals.find(({ name }) => name === 'dark');
    expect(dark).toMatchObject({ calibrated: true, flagged: true });
    expect(dark?.edgeScore).toBeCloseTo(1 - 1 / 31, 12);
    expect(dark?.explanation).toMatch(/: darker than all 30 reference pictures\.$/);
    expect(signals.find(({ name }) => name === 'blur')).toMatchObject({ calibrated: false });
  });

  it('says of what is flagged how surprising it is, and by which limit', () => {
    const calibration = calibrationOf(reference());
    const { signals } = scoreEvent(night, calibration, onePercent);
    const dark = signals.find(({ name }) => name === 'dark');
    expect(dark?.surprise).toBeGreaterThan(Math.log(31));
    expect(dark?.limit).toBe(calibration.of('dark')?.limitFor(0.01));
    const bright = signals.find(({ name }) => name === 'over-exposed');
    expect(bright).not.toHaveProperty('surprise');
    expect(bright).not.toHaveProperty('limit');
    const fixed = scoreEvent(night, undefined, onePercent).signals.find(
      ({ name }) => name === 'dark',
    );
    const fallback = scorers.find(({ name }) => name === 'dark')?.fallbackLimit;
    expect(fixed).toMatchObject({ flagged: true, limit: fallback });
    expect(fixed).not.toHaveProperty('surprise');
  });

  it('says what was sent where it tempers that', () => {
    const tempered = {
      ...reference(),
      temperature: {
        kind: 'fitted',
        temperature: 2,
        labelled: 60,
        calibrationError: { before: 0.2, after: 0.1 },
      },
    } as const;
    const explanationOf = (given: ScoringInput, of: Reference) =>
      scoreEvent(given, calibrationOf(of), onePercent).signals.find(
        ({ name }) => name === 'least-confidence',
      )?.explanation;
    const embedded = { ...event, predictionsBy: 'embedder' } as const;
    expect(explanationOf(embedded, tempered)).toMatch(
      /^Likeliest class at 55\.1 %: .*\. Probabilities are tempered by 2\.00; as sent, the likeliest class is at 60\.0 %\.$/,
    );
    expect(explanationOf(event, tempered)).toMatch(/^Likeliest class at 60\.0 %: [^.]*\.$/);
    expect(explanationOf(embedded, reference())).toMatch(/^Likeliest class at 60\.0 %: [^.]*\.$/);
  });

  it('calibrates confidence for predictions of the same origin only', () => {
    const calibratedFor = (predictionsBy: ScoringInput['predictionsBy']) =>
      scoreEvent({ ...event, predictionsBy }, calibrationOf(reference()), onePercent)
        .signals.filter(({ calibrated }) => calibrated)
        .map(({ name }) => name);
    expect(calibratedFor('embedder')).toEqual(['margin', 'dark']);
    expect(calibratedFor('producer')).toEqual(['dark']);
  });

  it('does not take the embedder’s word for the producer’s where the reference has the producer’s', () => {
    const producers = calibrationOf({ ...reference(), predictionsBy: 'producer' });
    const embedded = scoreEvent({ ...event, predictionsBy: 'embedder' }, producers, onePercent);
    expect(embedded.absent).toContainEqual({ name: 'least-confidence', why: 'no-predictions' });
    expect(embedded.signals.some(({ family }) => family === 'confidence')).toBe(false);
    const own = scoreEvent({ ...event, predictionsBy: 'producer' }, producers, onePercent);
    expect(own.signals.find(({ name }) => name === 'margin')).toMatchObject({ calibrated: true });
  });

  it('does not calibrate by a handful', () => {
    const few = { ...reference(), measurements: { dark: Float64Array.of(1, 2, Number.NaN) } };
    expect(scoreEvent(event, calibrationOf(few), onePercent).signals).toEqual(
      scoreEvent(event, undefined, onePercent).signals,
    );
  });
});

describe('isFlagged', () => {
  const scorer = scorers.find(({ name }) => name === 'dark');
  if (scorer === undefined) throw new Error('there is no scorer named dark');
  const judged = {
    raw: 40,
    edgeScore: 0.9,
    scorer,
    calibration: calibrationOf(reference()).of('dark'),
  };

  it.each<[FlagRule, boolean]>([
    [{ kind: 'off' }, false],
    [{ kind: 'edge-score', atLeast: 0.9 }, true],
    [{ kind: 'edge-score', atLeast: 0.91 }, false],
    [{ kind: 'raw', limit: 40 }, true],
    [{ kind: 'raw', limit: 39.9 }, false],
    [{ kind: 'false-alarms', rate: 0.5 }, true],
    [{ kind: 'false-alarms', rate: 0 }, false],
  ])('%o: %s', (rule, flagged) => {
    expect(isFlagged(rule, judged)).toBe(flagged);
  });

  it('flags nothing at a rate of 0, with a reference or without', () => {
    const rule = { kind: 'false-alarms', rate: 0 } as const;
    expect(isFlagged(rule, { ...judged, raw: 0, calibration: undefined })).toBe(false);
    expect(isFlagged(rule, { ...judged, raw: 0 })).toBe(false);
  });

  it('falls back to the fixed limit', () => {
    const rule = { kind: 'false-alarms', rate: 0.01 } as const;
    const at = (raw: number) => isFlagged(rule, { ...judged, raw, calibration: undefined });
    expect([at(scorer.fallbackLimit), at(scorer.fallbackLimit + 0.1)]).toEqual([true, false]);
  });
});

describe('chooseEmbedding', () => {
  const own = new Float32Array(3);
  const inferred = new Float32Array(4);

  it.each([
    [own, inferred, 3, own],
    [undefined, inferred, 4, inferred],
    [own, inferred, 4, 'embedding-size-differs'],
    [undefined, undefined, 4, 'no-embedding'],
    [own, inferred, undefined, 'no-reference'],
  ])('case %#', (fromEvent, fromModel, dimensions, expected) => {
    const choice = chooseEmbedding(fromEvent, fromModel, dimensions);
    expect(choice.kind === 'embedding' ? choice.embedding : choice.why).toBe(expected);
  });
});

describe('predictionsFrom', () => {
  const model = { name: 'm', sha256: '0', dimensions: 1 };
  const embedding = new Float32Array(1);

  it('takes the logits of a classifier', () => {
    const inference = { embedding, logits: Float32Array.of(0.5, -1) };
    expect(predictionsFrom(inference, { ...model, classes: ['a', 'b'] })).toEqual({
      kind: 'classification',
      classes: ['a', 'b'],
      logits: [0.5, -1],
    });
  });

  it('has none from a model that only embeds', () => {
    expect(predictionsFrom({ embedding }, model)).toEqual({ kind: 'none' });
  });
});

function reference(): Reference {
  const random = seeded(2);
  const measured = (low: number, high: number) =>
    Float64Array.from({ length: 30 }, () => low + (high - low) * random());
  return {
    id: referenceId('r'),
    modelName: modelName('m'),
    modelVersion: modelVersion('1'),
    createdAt: 0,
    embedder: undefined,
    predictionsBy: 'embedder',
    items: [],
    measurements: { dark: measured(35, 200), margin: measured(0, 1) },
    embeddings: undefined,
    neighbours: 5,
    classes: [],
  };
}
