import { compared } from '../explanation.js';
import { darkestPart, logAverage, statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Of the pixels, from the dark end: enough to outweigh a black border's pixels or two. */
const shadowShare = 0.03;

/**
 * Brightness of the shadows, in grey levels, 0 (black) to 255: the log-average of the darkest 3 %
 * of the luma (ITU-R BT.709). A steep tone curve, too little light or a wrong black level drown
 * what was in them, while lights and mid-tones stay within what is ordinary, so that `dark` says
 * nothing; photographers see it as a histogram pushed against its left end. Cameras differ in
 * their black level: where the reference's own shadows are black, nothing is unusual.
 */
export const crushedShadows: PixelScorer = {
  name: 'crushed-shadows',
  family: 'quality',
  looksAt: 'pixels',
  unit: 'grey levels',
  range: [0, 255],
  unusual: 'low',
  fallbackLimit: 0.02,
  ordinaryLimit: 3.5,
  usualExcess: 0.23,
  measure({ plane }) {
    const { luma } = statisticsOf(plane);
    return { kind: 'measured', raw: logAverage(darkestPart(luma, shadowShare), (level) => level) };
  },
  uncalibrated: (raw) => fallbackScore(raw, crushedShadows.fallbackLimit, crushedShadows),
  explain: (raw, standing) =>
    `Shadows at ${raw.toFixed(1)} of 255: ${compared('blacker', standing)}.`,
};
