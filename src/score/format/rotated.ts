import { compared } from '../explanation.js';
import type { FormatScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { comparedFormat } from './compared-format.js';
import { measureTraits, mostTraitSurprise } from './trait-surprise.js';

export const rotated: FormatScorer = {
  name: 'rotated',
  family: 'format',
  looksAt: 'format',
  unit: 'nats',
  range: [0, mostTraitSurprise],
  unusual: 'high',
  fallbackLimit: 4.6,
  measure: (input) => measureTraits(comparedFormat(input), ['orientation']),
  uncalibrated: (raw) => fallbackScore(raw, rotated.fallbackLimit, rotated),
  explain: (raw, standing, note = 'Orientation') =>
    `${note}, ${raw.toFixed(2)} nats: ${compared('rarer', standing)}.`,
};
