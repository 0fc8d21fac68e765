import type { Scorer } from './scorer.js';

/** What is needed to tell which of two measurements is more unusual. */
export type Scale = Pick<Scorer, 'range' | 'unusual' | 'ordinaryLimit' | 'usualExcess'>;

/**
 * How far a measurement is from the most unusual one possible: 0 at that end of the range (a
 * black frame, say), growing towards the ordinary. That end is finite for every scorer.
 */
export function distanceToUnusualEnd(raw: number, { range, unusual }: Scale): number {
  return Math.max(0, unusual === 'high' ? range[1] - raw : raw - range[0]);
}

/** The measurement at this distance from the unusual end. */
export function atDistance(distance: number, { range, unusual }: Scale): number {
  return unusual === 'high' ? range[1] - distance : range[0] + distance;
}

/** True where `raw` lies strictly further towards the unusual end than `limit`. */
export function isBeyond(raw: number, limit: number, { unusual }: Scale): boolean {
  return unusual === 'high' ? raw > limit : raw < limit;
}

/**
 * Edge score without a reference: limit distance / (limit distance + distance to the unusual
 * end). 1 at the unusual end, 0.5 at the limit, falling towards 0 with the distance.
 */
export function fallbackScore(raw: number, limit: number, scale: Scale): number {
  const half = distanceToUnusualEnd(limit, scale);
  return half / (half + distanceToUnusualEnd(raw, scale));
}
