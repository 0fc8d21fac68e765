import { compared } from '../explanation.js';
import type { FormatScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { comparedFormat } from './compared-format.js';
import { measureTraits, mostTraitSurprise } from './trait-surprise.js';

/**
 * How rare a picture's colour mode is in the reference, nats, 0 to 200: that of the file (grey, RGB,
 * CMYK, a palette, transparency), and whether its pixels have any colour at all. A grey picture where
 * colour is expected shows both ways: as a file of one channel, or as three that are the same.
 */
export const unusualColourMode: FormatScorer = {
  name: 'unusual-colour-mode',
  family: 'format',
  looksAt: 'format',
  unit: 'nats',
  range: [0, mostTraitSurprise],
  unusual: 'high',
  fallbackLimit: 4.6,
  ordinaryLimit: 4.6,
  measure: (input) => measureTraits(comparedFormat(input), ['colourMode', 'colour']),
  uncalibrated: (raw) => fallbackScore(raw, unusualColourMode.fallbackLimit, unusualColourMode),
  explain: (raw, standing, note = 'Colour mode') =>
    `${note}, ${raw.toFixed(2)} nats: ${compared('rarer', standing)}.`,
};
