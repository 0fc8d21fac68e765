import { compared } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Channels that differ by this many times the mean differ as much as they can. */
const most = 3.4;

/**
 * Distance of the mean colour from grey over its brightness, 0 (grey) to 3.4: red against green,
 * and yellow against blue, in gamma-coded sRGB. By the grey-world assumption (Buchsbaum 1980) a
 * scene is grey on the mean; a white balance gone wrong, a coloured lamp or a dead channel move
 * it. Scenes of one colour (woods, sea) have a cast of their own: what is unusual is the
 * reference's to say.
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
    const [red, green, blue] = statisticsOf(plane).meanColour;
    const mean = (red + green + blue) / 3;
    const cast = Math.hypot(red - green, (red + green) / 2 - blue);
    // One grey level: the colour of a black frame is noise.
    return { kind: 'measured', raw: Math.min(most, cast / Math.max(1, mean)) };
  },
  uncalibrated: (raw) => fallbackScore(raw, colourCast.fallbackLimit, colourCast),
  explain: (raw, standing) =>
    `Mean colour off grey by ${raw.toFixed(2)} of its brightness: ` +
    `${compared('more tinted', standing)}.`,
};
