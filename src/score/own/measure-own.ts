import { createHash } from 'node:crypto';
import type { Predictions } from '../../event/inference-event.js';
import type { PixelPlane } from '../../image/decoded-image.js';
import type { MeasuredPicture, OwnMeasurements } from '../measured-pictures.js';
import type { OwnInput, OwnScorer } from '../scorer.js';
import type { OwnScores } from './own-scores.js';

/**
 * Scores whose measurement follows from a picture and the network alone, so that it can be kept
 * with the picture. A picture's predictions may be others in the next build.
 */
function looksAtPictureAlone({ needs }: OwnScorer): boolean {
  return !needs.includes('predictions');
}

/**
 * Stands for the scores whose measurements are kept: another one where a score was added, left
 * out or changed. 64 hex digits; undefined where there are none.
 */
export function keptScoresFingerprint(scorers: readonly OwnScorer[]): string | undefined {
  const kept = scorers.filter(looksAtPictureAlone);
  if (kept.length === 0) return undefined;
  const pairs = kept.map(({ name, fingerprint }) => `${name} ${fingerprint}\n`).sort();
  return createHash('sha256').update(pairs.join('')).digest('hex');
}

/** All that the scores measure of a picture, and the part of it that is kept with the picture. */
export async function measureOwn(
  own: OwnScores | undefined,
  input: OwnInput,
): Promise<{ readonly all: OwnMeasurements; readonly ofPicture: OwnMeasurements }> {
  if (own === undefined) return { all: {}, ofPicture: {} };
  const ofPicture = await measureBy(own, own.scorers.filter(looksAtPictureAlone), input);
  const others = own.scorers.filter((scorer) => !looksAtPictureAlone(scorer));
  return { all: { ...ofPicture, ...(await measureBy(own, others, input)) }, ofPicture };
}

/**
 * Of a picture that was measured before: what was kept, and the others anew. What failed is
 * tried again, so that its failures are told of in this build, too.
 *
 * @param again what was not kept; the picture is decoded only where a score looks at its pixels.
 */
export async function measureOwnAgain(
  own: OwnScores | undefined,
  { own: kept, inference }: MeasuredPicture,
  again: {
    readonly predictions: () => Predictions;
    readonly plane: () => Promise<PixelPlane>;
  },
): Promise<OwnMeasurements> {
  if (own === undefined) return {};
  const anew = own.scorers.filter(
    (scorer) => !looksAtPictureAlone(scorer) || kept[scorer.name] === 'failed',
  );
  if (anew.length === 0) return kept;
  const found = await measureBy(own, anew, {
    plane: anew.some(({ needs }) => needs.includes('pixels')) ? await again.plane() : undefined,
    predictions: again.predictions(),
    embedding: inference?.embedding ?? 'no-embedding',
  });
  const whole = Object.entries(kept).filter(([, raw]) => raw !== 'failed');
  return { ...Object.fromEntries(whole), ...found };
}

async function measureBy(
  own: OwnScores,
  scorers: readonly OwnScorer[],
  input: OwnInput,
): Promise<OwnMeasurements> {
  const found = await own.measure(input, scorers);
  const measured: Partial<Record<OwnScorer['name'], number | 'failed'>> = {};
  for (const [name, measurement] of found) {
    // Zero has one sign, whatever it is written to.
    if (measurement.kind === 'measured') measured[name] = measurement.raw + 0;
    else if (measurement.why === 'failed') measured[name] = 'failed';
  }
  return measured;
}
