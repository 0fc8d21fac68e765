import type { Rectangle } from '../score/confidence/boxes.js';
import type { Point } from './label.js';

/** The area within a polygon whose edges don't cross, in square pixels (Gauss's formula). */
export function polygonArea(points: readonly Point[]): number {
  const doubled = edgesOf(points).reduce((sum, [[ax, ay], [bx, by]]) => sum + ax * by - bx * ay, 0);
  return Math.abs(doubled) / 2;
}

/** The smallest upright box around a polygon. */
export function polygonBounds(points: readonly Point[]): Rectangle {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return { x: left, y: top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}

export type Edge = readonly [Point, Point];

/** Edge n leads from corner n to the next; the last leads back to the first. */
export function edgesOf(points: readonly Point[]): Edge[] {
  return points.flatMap((point, at): Edge[] => {
    const next = points[(at + 1) % points.length];
    return next === undefined ? [] : [[point, next]];
  });
}
