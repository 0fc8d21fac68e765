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

type Edge = readonly [Point, Point];

/** Edge n leads from corner n to the next; the last leads back to the first. */
function edgesOf(points: readonly Point[]): Edge[] {
  return points.flatMap((point, at): Edge[] => {
    const next = points[(at + 1) % points.length];
    return next === undefined ? [] : [[point, next]];
  });
}

/**
 * Two edges that meet elsewhere than in the corner that they share, by their numbers, the lower
 * first; undefined for a polygon whose outline neither crosses nor touches itself.
 */
export function firstCrossing(points: readonly Point[]): readonly [number, number] | undefined {
  const sweep = edgesOf(points)
    .map(([a, b], number) => ({
      number,
      a,
      b,
      from: Math.min(a[0], b[0]),
      to: Math.max(a[0], b[0]),
    }))
    .sort((one, other) => one.from - other.from);
  let open: typeof sweep = [];
  for (const edge of sweep) {
    // From left to right, only edges that have not ended yet can meet this one.
    open = open.filter((one) => one.to >= edge.from);
    const met = open.find((one) => meet(one, edge, points.length));
    if (met !== undefined) {
      return met.number < edge.number ? [met.number, edge.number] : [edge.number, met.number];
    }
    open.push(edge);
  }
  return undefined;
}

interface NumberedEdge {
  readonly number: number;
  readonly a: Point;
  readonly b: Point;
}

function meet(one: NumberedEdge, other: NumberedEdge, edges: number): boolean {
  if ((one.number + 1) % edges === other.number) return turnsBack(one.a, one.b, other.b);
  if ((other.number + 1) % edges === one.number) return turnsBack(other.a, other.b, one.b);
  const { a, b } = one;
  const { a: c, b: d } = other;
  if (Math.max(a[1], b[1]) < Math.min(c[1], d[1])) return false;
  if (Math.max(c[1], d[1]) < Math.min(a[1], b[1])) return false;
  const [sideC, sideD, sideA, sideB] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (sideC !== sideD && sideA !== sideB) return true;
  return (
    (sideC === 0 && isBetween(a, b, c)) ||
    (sideD === 0 && isBetween(a, b, d)) ||
    (sideA === 0 && isBetween(c, d, a)) ||
    (sideB === 0 && isBetween(c, d, b))
  );
}

/** Whether all corners are on one line, so that there is nothing within. */
export function inOneLine(points: readonly Point[]): boolean {
  const [first, second] = points;
  if (first === undefined || second === undefined) return true;
  return points.every((point) => side(first, second, point) === 0);
}

/** Whether the way from a over b to c goes back on itself. */
function turnsBack(a: Point, b: Point, c: Point): boolean {
  const along = (a[0] - b[0]) * (c[0] - b[0]) + (a[1] - b[1]) * (c[1] - b[1]);
  return side(a, b, c) === 0 && along > 0;
}

/** On which side of the line from a to b the point lies: -1, 1, or 0 for on it. */
function side([ax, ay]: Point, [bx, by]: Point, [x, y]: Point): number {
  return Math.sign((bx - ax) * (y - ay) - (by - ay) * (x - ax));
}

/** Of a point on the line: whether it is within the box around a and b. */
function isBetween([ax, ay]: Point, [bx, by]: Point, [x, y]: Point): boolean {
  return (
    x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by)
  );
}
