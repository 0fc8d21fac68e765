import { compared, percentage } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Levels from here on are taken for saturated: encoders move a clipped 255 by a level. */
const saturated = 254;

/**
 * What an edge that saturation cuts off takes away, per pixel: skies and lamps are saturated without
 * fault, but softly and with few edges; things that lost their shape have many.
 */
const perCutEdge = 3;

/**
 * What a pair of neighbours takes away that both have a channel at its ceiling while their darkest
 * one still moves: the light goes on changing there and a channel has stopped following it, so that
 * the colour is wrong. In skies, lamps and white walls hardly anything moves.
 */
const perStuckPair = 12;

/**
 * What saturation took away, 0..1: 1 - (1 - a) * exp(-3 * e - 12 * s), where a is the share of
 * pixels with a saturated channel (254 or 255), e the edges per pixel at which a channel steps
 * out of saturation by 12 levels or more, and s the pairs of neighbours per pixel that have a
 * saturated channel each, while the darkest channel steps by 12 levels or more. What those pixels
 * showed is lost, however the picture is brightened or darkened later. Exposure beyond
 * the sensor's range, as photographers read it from the right end of a histogram; that channels
 * saturate one by one and turn the colour is long known (Zhang and Brainard 2004); the edges and
 * pairs are our own.
 */
export const clipped: PixelScorer = {
  name: 'clipped',
  family: 'quality',
  looksAt: 'pixels',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.53,
  ordinaryLimit: 0.53,
  usualExcess: 0.17,
  measure({ plane }) {
    const { brightest, cutEdges, stuckPairs, pixels } = statisticsOf(plane);
    let count = 0;
    for (let level = saturated; level < brightest.length; level += 1)
      count += brightest[level] ?? 0;
    const kept = Math.exp(-perCutEdge * cutEdges - perStuckPair * stuckPairs);
    return { kind: 'measured', raw: 1 - (1 - count / pixels) * kept };
  },
  uncalibrated: (raw) => fallbackScore(raw, clipped.fallbackLimit, clipped),
  explain: (raw, standing) =>
    `Lost to saturation ${percentage(raw)}: ${compared('more clipped', standing)}.`,
};
