import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../test/fixtures/formats.js';
import { seeded, sharpScene } from '../../../test/fixtures/planes.js';
import type { Predictions } from '../../event/inference-event.js';
import { modelName, modelVersion } from '../../ids.js';
import { buildReference } from '../build-reference.js';
import type { Embedder } from '../embedder.js';
import { measuredInMemory } from '../measured-pictures.js';
import type { MeasuredPictures } from '../measured-pictures.js';
import type { OwnScorer } from '../scorer.js';
import type { BuildReferenceOptions, TrainingPicture } from '../training-pictures.js';
import { keptScoresFingerprint } from './measure-own.js';
import type { Score } from './own-score.js';
import { ownScorer, runOf } from './own-scorer.js';
import { createOwnScores } from './own-scores.js';

const traits = { unit: 'x', range: [-1e6, 1e6], unusual: 'high', limit: 10 } as const;

function scorerOf(name: string, score: Pick<Score, 'needs' | 'measure'>): OwnScorer {
  const whole = { ...traits, ...score };
  return ownScorer({ name, fingerprint: `of ${name}` }, whole, runOf(whole));
}

/** Four scores, each with the number of its runs. */
function counted() {
  const runs = { red: 0, sure: 0, length: 0, picky: 0 };
  const failures: string[] = [];
  const scorers = [
    scorerOf('red', {
      needs: ['pixels'],
      measure: ({ pixels }) => {
        runs.red += 1;
        return pixels.rgb[0];
      },
    }),
    scorerOf('sure', {
      needs: ['predictions', 'pixels'],
      measure: ({ predictions, pixels }) => {
        runs.sure += 1;
        return surest(predictions) + 1000 * (pixels.rgb[0] ?? 0);
      },
    }),
    scorerOf('length', {
      needs: ['embedding'],
      measure: ({ embedding }) => {
        runs.length += 1;
        return Math.hypot(...embedding);
      },
    }),
    scorerOf('picky', {
      needs: ['pixels'],
      measure: ({ pixels: { rgb } }) => {
        runs.picky += 1;
        if ((rgb[0] ?? 0) % 2 === 0) throw new Error('not an even one');
        return rgb[1];
      },
    }),
  ];
  const own = createOwnScores(scorers, (name) => failures.push(name));
  return { own, runs, failures };
}

function surest(predictions: Predictions): number {
  if (predictions.kind !== 'classification') return -1;
  return Math.max(...(predictions.probabilities ?? predictions.logits ?? []));
}

const count = 20;
const reds = Array.from({ length: count }, (_, n) => sharpScene(40, 30, n).rgb[0] ?? 0);
const even = reds.filter((red) => red % 2 === 0).length;

function pictures(predictions?: Predictions): TrainingPicture[] {
  return Array.from({ length: count }, (_, n) => ({
    path: `${n}.png`,
    bytes: Uint8Array.of(n),
    ...(predictions === undefined ? {} : { predictions }),
  }));
}

function options(
  own: BuildReferenceOptions['own'],
  given: readonly TrainingPicture[],
  measured?: MeasuredPictures,
): BuildReferenceOptions {
  return {
    pictures: (async function* () {
      yield* given;
    })(),
    decode: async ([n = 0]) => ({
      ...{ width: 40, height: 30, contentType: 'image/png' },
      format: factsOf(),
      plane: sharpScene(40, 30, n),
    }),
    embedder,
    ...(own === undefined ? {} : { own }),
    ...(measured === undefined ? {} : { measured }),
    modelName: modelName('shop'),
    modelVersion: modelVersion('1'),
    now: 0,
    concurrency: 3,
  };
}

const embedder: Embedder = {
  model: { name: 'toy', sha256: 'ab', dimensions: 4, classes: ['x', 'y'] },
  infer: async ({ rgb }) => {
    const random = seeded(rgb.reduce((sum, level) => sum + level, 0));
    const numbers = (length: number) => Float32Array.from({ length }, () => random() - 0.5);
    return { embedding: numbers(4), logits: numbers(2) };
  },
  close: async () => undefined,
};

const certain: Predictions = {
  kind: 'classification',
  classes: ['a', 'b'],
  probabilities: [0.75, 0.25],
};

describe('scores of one’s own in a build', () => {
  it('have columns beside the built-in ones, and what measured them', async () => {
    const { own, failures } = counted();
    const { reference } = await buildReference(options(own, pictures()));
    expect([...(reference.measurements['own:red'] ?? [])]).toEqual(reds);
    expect([...(reference.measurements['own:picky'] ?? [])].filter(Number.isNaN)).toHaveLength(
      even,
    );
    expect(even).toBeGreaterThan(0);
    expect(failures).toEqual(Array.from({ length: even }, () => 'own:picky'));
    expect(reference.own).toEqual({
      'own:red': 'of red',
      'own:sure': 'of sure',
      'own:length': 'of length',
      'own:picky': 'of picky',
    });
  });

  it('measure nothing twice when it goes on, but what needs predictions and what failed', async () => {
    const whole = await buildReference(options(counted().own, pictures()));
    const measured = measuredInMemory();
    const ending = new AbortController();
    await expect(
      buildReference({
        ...options(counted().own, pictures(), measured),
        ending: ending.signal,
        onProgress: ({ step, done }) =>
          step === 'pictures' && done === count ? ending.abort() : undefined,
      }),
    ).rejects.toMatchObject({ code: 'reference.unfinished' });
    const { own, runs, failures } = counted();
    const { reference } = await buildReference(options(own, pictures(), measured));
    expect(reference.id).toBe(whole.reference.id);
    expect(runs).toEqual({ red: 0, sure: count, length: 0, picky: even });
    expect(failures).toHaveLength(even);
  });

  it('are not held against predictions that the pictures came with before', async () => {
    const measured = measuredInMemory();
    await buildReference(options(counted().own, pictures(certain), measured));
    const later = await buildReference(options(counted().own, pictures(), measured));
    const fresh = await buildReference(options(counted().own, pictures()));
    expect(later.reference.id).toBe(fresh.reference.id);
  });

  it('are measured on predictions of one origin', async () => {
    const some = pictures(certain).map(
      (picture, n) => (n < 5 ? pictures()[n] : picture) ?? picture,
    );
    const { reference } = await buildReference(options(counted().own, some));
    expect(reference.predictionsBy).toBe('producer');
    const sure = [...(reference.measurements['own:sure'] ?? [])];
    expect(sure).toEqual(reds.map((red, n) => (n < 5 ? Number.NaN : 0.75 + 1000 * red)));
    expect(reference.measurements['own:red']?.some(Number.isNaN)).toBe(false);
  });

  it('without a measurement have no column', async () => {
    const silent = scorerOf('silent', { needs: ['pixels'], measure: () => undefined });
    const own = createOwnScores([silent], () => undefined);
    const { reference } = await buildReference(options(own, pictures()));
    expect(reference.measurements).not.toHaveProperty('own:silent');
    expect(reference).not.toHaveProperty('own');
    const without = await buildReference(options(undefined, pictures()));
    expect(reference.id).toBe(without.reference.id);
  });
});

describe('the fingerprint of scores that are kept', () => {
  const [red, sure, length] = counted().own.scorers as [OwnScorer, OwnScorer, OwnScorer];

  it('is another one where a score came, went or was changed', () => {
    const one = keptScoresFingerprint([red, length]);
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(keptScoresFingerprint([length, red])).toBe(one);
    expect(keptScoresFingerprint([red])).not.toBe(one);
    expect(keptScoresFingerprint([{ ...red, fingerprint: 'other' }, length])).not.toBe(one);
  });

  it('asks nothing of scores that are measured anew', () => {
    expect(keptScoresFingerprint([red, sure])).toBe(keptScoresFingerprint([red]));
    expect(keptScoresFingerprint([sure])).toBeUndefined();
    expect(keptScoresFingerprint([])).toBeUndefined();
  });
});
