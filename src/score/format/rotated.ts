import { compared } from '../explanation.js';
import type { FormatScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { comparedFormat } from './compared-format.js';
import { leastOdds } from './turn-model.js';
import { measureTraits, mostTraitSurprise } from './trait-surprise.js';

/** Log-odds of nine in ten. */
const sure = Math.log(9);

/**
 * Whether a picture is turned against the reference's, nats, 0 to 200. By its tag: how rare its EXIF
 * orientation is among theirs; edgeminer turns such a picture upright, but what stands before the
 * model may not. And by its looks, where the tag got lost: the log-odds of being turned, from the
 * embeddings of the picture and of its turned copies (turn-model.ts), where the first of them says
 * that it may be and both together give it odds of three to two.
 */
export const rotated: FormatScorer = {
  name: 'rotated',
  family: 'format',
  looksAt: 'format',
  unit: 'nats',
  range: [0, mostTraitSurprise],
  unusual: 'high',
  fallbackLimit: 4.6,
  measure(input) {
    const tag = measureTraits(comparedFormat(input), ['orientation']);
    const { turn } = input;
    if (tag.kind === 'absent' || turn === undefined || turn.logOdds < leastOdds) return tag;
    const by = `clockwise by ${90 * turn.quarters} degrees`;
    const looks = turn.logOdds < sure ? `May be turned, most likely ${by}` : `Looks turned ${by}`;
    return {
      ...tag,
      raw: Math.min(mostTraitSurprise, tag.raw + turn.logOdds),
      note: `${looks}, ${tag.note ?? 'without a tag'}`,
    };
  },
  uncalibrated: (raw) => fallbackScore(raw, rotated.fallbackLimit, rotated),
  explain: (raw, standing, note = 'Orientation') =>
    `${note}, ${raw.toFixed(2)} nats: ${compared('more turned', standing)}.`,
};
