import { compared } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { smoothnessByDirection } from './blur.js';

/** Ratios beyond e to this are as directional as pictures get. */
const most = 4;

/**
 * How much smoother the picture is along one direction than across it: the larger of
 * |ln(right / down)| and |ln(down-right / down-left)| of the directional smoothness that `blur`
 * reads, 0 (alike) to 4. A moving camera or object smears along its path only (the basis of
 * Levin 2006), while a lens out of focus smooths all directions alike; so a picture that `blur`
 * flags and this one does not is out of focus. Texture with a direction of its own is steep
 * across its stripes at both scales, and hardly moves the ratio.
 */
export const motionBlur: PixelScorer = {
  name: 'motion-blur',
  family: 'quality',
  looksAt: 'pixels',
  unit: 'log ratio',
  range: [0, most],
  unusual: 'high',
  fallbackLimit: 0.45,
  ordinaryLimit: 0.45,
  measure({ plane }) {
    const smoothness = smoothnessByDirection(statisticsOf(plane).gradients);
    const [right = 1, down = 1, downRight = 1, downLeft = 1] = smoothness;
    const raw = Math.max(
      Math.abs(Math.log(right / down)),
      Math.abs(Math.log(downRight / downLeft)),
    );
    return { kind: 'measured', raw: Math.min(most, raw) };
  },
  uncalibrated: (raw) => fallbackScore(raw, motionBlur.fallbackLimit, motionBlur),
  explain: (raw, standing) =>
    `Smoothness along one direction ${Math.exp(raw).toFixed(2)} times that across it: ` +
    `${compared('more smeared', standing)}.`,
};
