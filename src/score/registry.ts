import { boxCount } from './confidence/box-count.js';
import { boxSize } from './confidence/box-size.js';
import { classOverlap } from './confidence/class-overlap.js';
import { cutBoxes } from './confidence/cut-boxes.js';
import { entropy } from './confidence/entropy.js';
import { flicker } from './confidence/flicker.js';
import { labelDisagreement } from './confidence/label-disagreement.js';
import { leastConfidence } from './confidence/least-confidence.js';
import { lowestBoxScore } from './confidence/lowest-box-score.js';
import { margin } from './confidence/margin.js';
import { meanBoxScore } from './confidence/mean-box-score.js';
import { nearThreshold } from './confidence/near-threshold.js';
import { rotated } from './format/rotated.js';
import { unusualAspect } from './format/unusual-aspect.js';
import { unusualColourMode } from './format/unusual-colour-mode.js';
import { unusualEncoding } from './format/unusual-encoding.js';
import { unusualSize } from './format/unusual-size.js';
import { embeddingDistance } from './novelty/embedding-distance.js';
import { outOfDistribution } from './novelty/out-of-distribution.js';
import { blur } from './quality/blur.js';
import { clipped } from './quality/clipped.js';
import { haze } from './quality/haze.js';
import { unevenLight } from './quality/uneven-light.js';
import { colourCast } from './quality/colour-cast.js';
import { motionBlur } from './quality/motion-blur.js';
import { noise } from './quality/noise.js';
import { compression } from './quality/compression.js';
import { lowInformation } from './quality/low-information.js';
import { coveredLens } from './quality/covered-lens.js';
import { frozenCamera } from './quality/frozen-camera.js';
import { crushedShadows } from './quality/crushed-shadows.js';
import { dark } from './quality/dark.js';
import { lowContrast } from './quality/low-contrast.js';
import { overExposed } from './quality/over-exposed.js';
import type { Scorer } from './scorer.js';
import { signalNames } from './signal.js';
import type { BuiltInSignalName } from './signal.js';

/** A scorer for every signal name: a missing one does not compile. */
const byName: Readonly<Record<BuiltInSignalName, Scorer>> = {
  'least-confidence': leastConfidence,
  margin,
  entropy,
  'lowest-box-score': lowestBoxScore,
  'mean-box-score': meanBoxScore,
  'near-threshold': nearThreshold,
  'class-overlap': classOverlap,
  'box-count': boxCount,
  'box-size': boxSize,
  'cut-boxes': cutBoxes,
  flicker,
  'label-disagreement': labelDisagreement,
  dark,
  'over-exposed': overExposed,
  'low-contrast': lowContrast,
  blur,
  clipped,
  haze,
  'uneven-light': unevenLight,
  'colour-cast': colourCast,
  'motion-blur': motionBlur,
  noise,
  compression,
  'low-information': lowInformation,
  'covered-lens': coveredLens,
  'crushed-shadows': crushedShadows,
  'frozen-camera': frozenCamera,
  'unusual-size': unusualSize,
  'unusual-aspect': unusualAspect,
  'unusual-colour-mode': unusualColourMode,
  'unusual-encoding': unusualEncoding,
  rotated,
  'embedding-distance': embeddingDistance,
  'out-of-distribution': outOfDistribution,
};

/** Every built-in scorer, in the order of `signalNames`. To add one, see ARCHITECTURE.md. */
export const scorers: readonly Scorer[] = signalNames.map((name) => byName[name]);
