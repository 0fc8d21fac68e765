import { compared } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';
import { smoothnessByDirection } from './blur.js';

/** Ratios beyond e to these are as sharp, and as directional, as pictures get. */
const least = -7;
const most = 4;

/** Smoothness up to this is found in sharp pictures, whatever their texture's direction. */
const sharp = 0.45;

/**
 * How much smoother the picture is along one direction than across it, and than sharp pictures are
 * (0.45), whichever is less: ln of the ratio of the directional smoothness that `blur` reads, of
 * four pairs of directions, -7 (sharp) by way of 0 (alike) to 4. A moving camera or object smears along its path
 * only (the basis of Levin 2006), while a lens out of focus smooths all directions alike; so a
 * picture that `blur` flags and this one does not is out of focus. Texture with a direction of its
 * own is steep across its stripes at both scales, and hardly moves the ratio.
 */
export const motionBlur: PixelScorer = {
  name: 'motion-blur',
  family: 'quality',
  looksAt: 'pixels',
  unit: 'log ratio',
  range: [least, most],
  unusual: 'high',
  fallbackLimit: 0.16,
  ordinaryLimit: 0.16,
  usualExcess: 0.02,
  measure({ plane }) {
    const smoothness = smoothnessByDirection(statisticsOf(plane).gradients);
    const quarter = smoothness.length / 2;
    const ratio = Math.max(
      ...smoothness
        .slice(0, quarter)
        .map((along, at) => Math.abs(Math.log(along / (smoothness[at + quarter] ?? along)))),
    );
    const raw = Math.min(ratio, Math.log(Math.max(...smoothness) / sharp));
    return { kind: 'measured', raw: Math.min(most, Math.max(least, raw)) };
  },
  uncalibrated: (raw) => fallbackScore(raw, motionBlur.fallbackLimit, motionBlur),
  explain: (raw, standing) =>
    `Smoothness along one direction ${Math.exp(raw).toFixed(2)} times the most of a sharp picture, or of the direction across: ` +
    `${compared('more smeared', standing)}.`,
};
