import { compared, percentage } from '../explanation.js';
import { statisticsOf } from '../plane-statistics.js';
import type { PixelScorer } from '../scorer.js';
import { fallbackScore } from '../unusual-end.js';

/** Levels from here on are taken for saturated: encoders move a clipped 255 by a level. */
const saturated = 254;

/**
 * What an edge that saturation cuts off counts, in pixels: skies and lamps are saturated without
 * fault, but softly and with few edges; things that lost their shape have many.
 */
const perCutEdge = 2;

/**
 * Share of pixels with a saturated channel (254 or 255), and on top of it twice the edges per
 * pixel at which a channel steps out of saturation by 12 levels or more, 0..1: what they showed is
 * lost, however the picture is brightened or darkened later. Exposure beyond the sensor's range, as
 * photographers read it from the right end of a histogram; the edges are our own.
 */
export const clipped: PixelScorer = {
  name: 'clipped',
  family: 'quality',
  looksAt: 'pixels',
  unit: '0..1',
  range: [0, 1],
  unusual: 'high',
  fallbackLimit: 0.43,
  ordinaryLimit: 0.43,
  measure({ plane }) {
    const { brightest, cutEdges, pixels } = statisticsOf(plane);
    let count = 0;
    for (let level = saturated; level < brightest.length; level += 1)
      count += brightest[level] ?? 0;
    return { kind: 'measured', raw: Math.min(1, count / pixels + perCutEdge * cutEdges) };
  },
  uncalibrated: (raw) => fallbackScore(raw, clipped.fallbackLimit, clipped),
  explain: (raw, standing) =>
    `Saturated pixels and cut edges ${percentage(raw)}: ${compared('more clipped', standing)}.`,
};
