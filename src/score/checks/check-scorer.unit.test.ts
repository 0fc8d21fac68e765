import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Score } from '../own/own-score.js';
import { ownScorer, runOf } from '../own/own-scorer.js';
import { OutOfTime } from '../own/time-limit.js';
import { scorers } from '../registry.js';
import type { PixelScorer } from '../scorer.js';
import { checkScorer, firstProblem, measurementsOf } from './check-scorer.js';
import { manyProbes, simpleProbes } from './probes.js';

const mean = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

const sound: Score<'pixels'> = {
  needs: ['pixels'],
  unit: 'grey levels',
  range: [0, 255],
  unusual: 'low',
  limit: 20,
  worsensWith: ['dark'],
  measure: ({ pixels }) => mean(pixels.rgb),
  describe: (raw) => `Its mean is ${raw.toFixed(1)} grey levels`,
};

const scorerOf = (score: Score) =>
  ownScorer({ name: 'tried', fingerprint: '' }, score, runOf(score));

async function failedClaims(score: Score): Promise<readonly string[]> {
  const checked = await checkScorer(scorerOf(score), simpleProbes());
  return checked.filter(({ problems }) => problems.length > 0).map(({ claim }) => claim);
}

describe('checkScorer', () => {
  it('passes a sound score on any pictures', async () => {
    const seeds = fc.integer({ min: 0, max: 2 ** 31 });
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        expect(
          firstProblem(await checkScorer(scorerOf(sound), manyProbes(seed, 1).slice(-1))),
        ).toBeUndefined();
      }),
      { numRuns: 5 },
    );
  });

  let calls = 0;
  it.each<[string, Partial<Score<'pixels'>>, string]>([
    [
      'throws at one pixel',
      { measure: ({ pixels }) => (pixels.rgb.length > 3 ? 1 : fail()) },
      'bears every input',
    ],
    ['gives NaN', { measure: () => Number.NaN }, 'stays finite and within its range'],
    ['goes beyond its range', { range: [0, 100] }, 'stays finite and within its range'],
    ['counts its calls', { measure: () => calls++ % 200 }, 'measures the same from the same input'],
    [
      'writes to the pixels',
      { measure: ({ pixels }) => (pixels.rgb[0] = 7) },
      'leaves its input as it was',
    ],
    [
      'has no figure',
      { describe: () => 'It is so' },
      'explains itself in a sentence with a figure',
    ],
    [
      'is no sentence',
      { describe: (raw) => `${raw}. NaN` },
      'explains itself in a sentence with a figure',
    ],
    [
      'breaks its word',
      { worsensWith: ['over-exposed'] },
      'grows no less unusual where it says so',
    ],
  ])('finds out one that %s', async (_, fault, claim) => {
    expect(await failedClaims({ ...sound, ...fault })).toContain(claim);
  });

  it('stops at the first input that a score is late with, and names it', async () => {
    let runs = 0;
    const late = ownScorer({ name: 'tried', fingerprint: '' }, sound, {
      run: async () => {
        runs += 1;
        throw new OutOfTime('gave no measurement within 10 s (tried.mjs)');
      },
    });
    await expect(checkScorer(late, simpleProbes())).rejects.toMatchObject({
      code: 'score.invalid',
      field: 'own:tried',
      message:
        'the score own:tried gave no measurement within 10 s (tried.mjs), ' +
        'at a picture of squares, 160 x 120',
    });
    expect(runs).toBe(1);
  });

  it('hears of what was written to a copy', async () => {
    const far = ownScorer({ name: 'tried', fingerprint: '' }, sound, {
      run: async (_, wrote) => {
        wrote?.('embedding');
        return { raw: 1 };
      },
    });
    expect(firstProblem(await checkScorer(far, simpleProbes()))).toMatch(
      /^wrote to its input \(embedding\), at a picture of squares/,
    );
  });

  it('asks no score for the same words twice', async () => {
    let said = 0;
    expect(
      await failedClaims({ ...sound, describe: (raw) => `Its mean is ${raw} (${said++})` }),
    ).toEqual([]);
  });

  it('gives every kind of scorer something to measure', async () => {
    const probes = manyProbes(1, 7);
    for (const kind of ['pixels', 'frames', 'format'] as const) {
      for (const scorer of scorers.filter(({ looksAt }) => looksAt === kind)) {
        const measured = await measurementsOf(scorer, probes);
        expect(new Set(measured).size, scorer.name).toBeGreaterThan(1);
        expect(firstProblem(await checkScorer(scorer, probes)), scorer.name).toBeUndefined();
      }
    }
  }, 60_000);

  it('names the input at which a score fails', async () => {
    const faulty: Score<'pixels'> = { ...sound, measure: ({ pixels }) => 1 / (pixels.width - 1) };
    expect(firstProblem(await checkScorer(scorerOf(faulty), simpleProbes()))).toBe(
      'gave Infinity, outside its range of 0 to 255, at a picture of one pixel, 1 x 1',
    );
  });

  it('finds out a built-in scorer of the wrong scale', async () => {
    const dark = scorers.find((scorer): scorer is PixelScorer => scorer.name === 'dark');
    if (dark === undefined) throw new Error('there is no scorer for darkness');
    const upside: PixelScorer = { ...dark, uncalibrated: (raw) => 1 - dark.uncalibrated(raw) };
    expect(firstProblem(await checkScorer(upside, simpleProbes()))).toBe(
      'does not rise towards its unusual end without a reference',
    );
  });

  it('makes the same pictures of the same seed', () => {
    // vitest's own comparison takes seconds on planes of pixels.
    expect(isDeepStrictEqual(manyProbes(3, 9), manyProbes(3, 9))).toBe(true);
    expect(isDeepStrictEqual(manyProbes(4, 9).at(-1), manyProbes(3, 9).at(-1))).toBe(false);
  });
});

function fail(): never {
  throw new Error('too small');
}
