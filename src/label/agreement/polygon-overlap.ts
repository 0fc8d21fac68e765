import { intersection } from 'polyclip-ts';
import { intersectionOverUnion } from '../../score/confidence/boxes.js';
import type { Point } from '../label.js';
import { polygonArea, polygonBounds } from '../polygon-geometry.js';

/** Area that two polygons share over the area that they cover together, 0..1. */
export function polygonOverlap(a: readonly Point[], b: readonly Point[]): number {
  if (intersectionOverUnion(polygonBounds(a), polygonBounds(b)) === 0) return 0;
  const shared = intersection([ringOf(a)], [ringOf(b)]).reduce(
    (sum, [outer = [], ...holes]) =>
      sum + polygonArea(outer) - holes.reduce((cut, hole) => cut + polygonArea(hole), 0),
    0,
  );
  const covered = polygonArea(a) + polygonArea(b) - shared;
  return covered > 0 ? Math.min(1, Math.max(0, shared / covered)) : 0;
}

function ringOf(points: readonly Point[]): [number, number][] {
  return points.map(([x, y]) => [x, y]);
}
