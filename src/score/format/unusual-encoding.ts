import { compared } from '../explanation.js';
import type { FormatScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { comparedFormat } from './compared-format.js';
import { measureTraits, mostTraitSurprise } from './trait-surprise.js';

/**
 * How rare the way is in which a picture was encoded, among the reference's, nats, 0 to 200: its
 * container, bits per channel, chroma subsampling, scan, colour profile, quantisation (the mark of
 * the encoder), and the camera and software that EXIF names. Another encoder upstream changes what
 * the network sees, and nobody is told.
 */
export const unusualEncoding: FormatScorer = {
  name: 'unusual-encoding',
  family: 'format',
  looksAt: 'format',
  unit: 'nats',
  range: [0, mostTraitSurprise],
  unusual: 'high',
  fallbackLimit: 4.6,
  ordinaryLimit: 4.6,
  measure: (input) =>
    measureTraits(comparedFormat(input), [
      'container',
      'bits',
      'subsampling',
      'scan',
      'profile',
      'compression',
      'camera',
      'software',
    ]),
  uncalibrated: (raw) => fallbackScore(raw, unusualEncoding.fallbackLimit, unusualEncoding),
  explain: (raw, standing, note = 'Encoding') =>
    `${note}, ${raw.toFixed(2)} nats: ${compared('rarer', standing)}.`,
};
