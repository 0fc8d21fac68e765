import { entropy } from './confidence/entropy.js';
import { leastConfidence } from './confidence/least-confidence.js';
import { lowestBoxScore } from './confidence/lowest-box-score.js';
import { margin } from './confidence/margin.js';
import { meanBoxScore } from './confidence/mean-box-score.js';
import { embeddingDistance } from './novelty/embedding-distance.js';
import { outOfDistribution } from './novelty/out-of-distribution.js';
import { blur } from './quality/blur.js';
import { dark } from './quality/dark.js';
import { lowContrast } from './quality/low-contrast.js';
import { overExposed } from './quality/over-exposed.js';
import type { Scorer } from './scorer.js';
import { signalNames } from './signal.js';
import type { SignalName } from './signal.js';

/** A scorer for every signal name: a missing one does not compile. */
const byName: Readonly<Record<SignalName, Scorer>> = {
  'least-confidence': leastConfidence,
  margin,
  entropy,
  'lowest-box-score': lowestBoxScore,
  'mean-box-score': meanBoxScore,
  dark,
  'over-exposed': overExposed,
  'low-contrast': lowContrast,
  blur,
  'embedding-distance': embeddingDistance,
  'out-of-distribution': outOfDistribution,
};

/** Every scorer, in the order of `signalNames`. To add one, see ARCHITECTURE.md. */
export const scorers: readonly Scorer[] = signalNames.map((name) => byName[name]);
