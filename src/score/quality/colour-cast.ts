import { compared } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Channels that differ by this many times the mean differ as much as they can. */
const most = 3.4;

/** Times what the weakest channel lacks to the mean: 1.3 at most in 1,000 photographs, 1.7 where one is dead. */
const ofMissing = 2;
/** A channel at less of the mean than this is told as one that is missing. */
const allButMissing = 0.2;
/** Grey levels; in a darker picture grain decides which channel is the weakest. */
const tooDark = 8;
const channels = ['red', 'green', 'blue'] as const;

const sentenceOf = (names: readonly string[]): string => {
  const all = names.join(' and ');
  return `${all.charAt(0).toUpperCase()}${all.slice(1)}`;
};

/**
 * Distance of the mean colour from grey over its brightness, 0 (grey) to 3.4: red against green,
 * and yellow against blue, in gamma-coded sRGB; or twice what the weakest channel lacks to the mean,
 * where that is more. By the grey-world assumption (Buchsbaum 1980) a scene is grey on the mean; a
 * white balance gone wrong, a coloured lamp or a dead channel move it. Scenes of one colour (woods,
 * sea) have a cast of their own: what is unusual is the reference's to say.
 */
export const colourCast: PixelScorer = {
  name: 'colour-cast',
  family: 'quality',
  looksAt: 'pixels',
  unit: 'of the mean',
  range: [0, most],
  unusual: 'high',
  fallbackLimit: 1.6,
  ordinaryLimit: 1.6,
  usualExcess: 0.09,
  measure({ plane }) {
    const { meanColour } = statisticsOf(plane);
    const [red, green, blue] = meanColour;
    const mean = (red + green + blue) / 3;
    const weakest = Math.min(...meanColour);
    // One grey level: the colour of a black frame is noise.
    const cast = Math.hypot(red - green, (red + green) / 2 - blue) / Math.max(1, mean);
    const missing = (ofMissing * (mean - weakest)) / Math.max(tooDark, mean);
    const gone =
      mean < tooDark
        ? []
        : channels.filter((_, at) => (meanColour[at] ?? mean) < allButMissing * mean);
    return {
      kind: 'measured',
      raw: Math.min(most, Math.max(cast, missing)),
      note: gone.length === 0 ? undefined : `${sentenceOf(gone)} all but missing`,
    };
  },
  uncalibrated: (raw) => fallbackScore(raw, colourCast.fallbackLimit, colourCast),
  explain: (raw, standing, note) =>
    `${note === undefined ? 'Mean colour' : `${note}, mean colour`} off grey by ${raw.toFixed(2)} ` +
    `of its brightness: ${compared('more tinted', standing)}.`,
};
