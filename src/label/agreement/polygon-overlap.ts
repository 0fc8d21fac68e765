import polygonClipping from 'polygon-clipping';
import { intersectionOverUnion } from '../../score/confidence/boxes.js';
import type { Point } from '../label.js';
import { polygonArea, polygonBounds } from '../polygon-geometry.js';

/**
 * Area that two polygons share over the area that they cover together, 0..1; that of the boxes around
 * them for two that can't be clipped, which rounding of nearly parallel edges can lead to.
 */
export function polygonOverlap(a: readonly Point[], b: readonly Point[]): number {
  const around = intersectionOverUnion(polygonBounds(a), polygonBounds(b));
  if (around === 0) return 0;
  const shared = sharedArea(a, b);
  if (shared === undefined) return around;
  const covered = polygonArea(a) + polygonArea(b) - shared;
  return covered > 0 ? Math.min(1, Math.max(0, shared / covered)) : 0;
}

/** Undefined where the library gives up, which must cost nobody their label. */
function sharedArea(a: readonly Point[], b: readonly Point[]): number | undefined {
  try {
    return polygonClipping
      .intersection([ringOf(a)], [ringOf(b)])
      .reduce(
        (sum, [outer = [], ...holes]) =>
          sum + polygonArea(outer) - holes.reduce((cut, hole) => cut + polygonArea(hole), 0),
        0,
      );
  } catch {
    return undefined;
  }
}

function ringOf(points: readonly Point[]): [number, number][] {
  return points.map(([x, y]) => [x, y]);
}
