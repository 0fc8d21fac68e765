import type { LabelledPolygon, LabelSet, Point } from './label.js';
import { edgeTolerance } from './label-problem.js';
import type { LabelProblem, PictureSize } from './label-problem.js';
import type { SentPolygon } from './label-shape.js';
import { firstCrossing, inOneLine } from './polygon-geometry.js';
import { twinFinder } from './twin-finder.js';
import { unknownClass } from './unknown-class.js';
import { validateAttributes } from './validate-attributes.js';

/** Corners that one polygon may have: more are a mask, and take long to compare. */
const mostCorners = 2000;

/** The polygons, cut to the picture; what does not fit is told and left out. */
export function validatePolygons(
  sent: readonly SentPolygon[],
  labelSet: LabelSet,
  picture: PictureSize,
  problems: LabelProblem[],
): readonly LabelledPolygon[] {
  const twinsOf = twinFinder();
  return sent.flatMap((polygon, index): LabelledPolygon[] => {
    const field = `polygons[${index}]`;
    problems.push(...unknownClass(polygon.class, `${field}.class`, labelSet));
    const points = placedCorners(polygon.points, `${field}.points`, picture, problems);
    const classes = [polygon.class];
    const scope = { on: 'object', classes, field: `${field}.attributes`, labelSet } as const;
    const said = validateAttributes(polygon.attributes, scope, problems);
    if (points === undefined) return [];
    const key = JSON.stringify([polygon.class, outlineKey(points)]);
    const twin = (at: number) => `is the same outline with the same class as polygons[${at}]`;
    problems.push(...twinsOf(key, index, field, twin));
    return [{ class: polygon.class, points, ...said }];
  });
}

function placedCorners(
  sent: readonly Point[],
  field: string,
  picture: PictureSize,
  problems: LabelProblem[],
): readonly Point[] | undefined {
  const corners = opened(sent);
  const misplaced = [
    ...countProblems(corners, field),
    ...corners.flatMap((corner, at) => outside(corner, `${field}[${at}]`, picture)),
  ];
  problems.push(...misplaced);
  if (misplaced.length > 0) return undefined;
  const cut = corners.map(([x, y]): Point => [within(x, picture.width), within(y, picture.height)]);
  const crooked = shapeProblems(cut, field);
  problems.push(...crooked);
  return crooked.length === 0 ? cut : undefined;
}

/** Many tools give the first corner again at the end. */
function opened(points: readonly Point[]): readonly Point[] {
  const [first, last] = [points[0], points.at(-1)];
  const isClosed = points.length > 1 && first !== undefined && last !== undefined;
  return isClosed && same(first, last) ? points.slice(0, -1) : points;
}

function countProblems(corners: readonly Point[], field: string): LabelProblem[] {
  if (corners.length < 3) {
    return [
      {
        field,
        problem: `has ${corners.length} ${corners.length === 1 ? 'corner' : 'corners'}; a polygon has 3 or more`,
        mend: 'Draw at least three corners, or remove the polygon.',
      },
    ];
  }
  if (corners.length <= mostCorners) return [];
  const problem = `has ${corners.length} corners; ${mostCorners} are kept`;
  return [{ field, problem, mend: `Simplify the outline to ${mostCorners} corners.` }];
}

function outside(
  [x, y]: Point,
  field: string,
  { width, height }: PictureSize,
): readonly LabelProblem[] {
  const fits = (value: number, side: number) =>
    value >= -edgeTolerance && value <= side + edgeTolerance;
  if (fits(x, width) && fits(y, height)) return [];
  return [
    {
      field,
      problem: `is ${x}, ${y}, outside the picture`,
      mend: `Keep it within ${width} x ${height}; coordinates are pixels of the upright original.`,
    },
  ];
}

function shapeProblems(corners: readonly Point[], field: string): readonly LabelProblem[] {
  const doubled = corners.flatMap((corner, at): LabelProblem[] => {
    const before = at === 0 ? undefined : corners[at - 1];
    if (before === undefined || !same(before, corner)) return [];
    const problem = 'is the same corner as the one before it';
    return [{ field: `${field}[${at}]`, problem, mend: 'Remove one of the two.' }];
  });
  if (doubled.length > 0) return doubled;
  // Halves of an outline that crosses itself may cancel out: not every area of 0 is a line.
  if (inOneLine(corners)) {
    const mend = 'Draw corners that are not in one line, or remove the polygon.';
    return [{ field, problem: 'lies in one line; a polygon has an area', mend }];
  }
  const crossing = firstCrossing(corners);
  if (crossing === undefined) return [];
  const [one, other] = crossing.map((edge) => `${edge} to ${(edge + 1) % corners.length}`);
  return [
    {
      field,
      problem: `crosses or touches itself: the edge from corner ${one ?? ''} meets the one from corner ${other ?? ''}`,
      mend: 'Move a corner, or draw it as two polygons.',
    },
  ];
}

/** The same for one outline wherever it begins and whichever way it goes round. */
function outlineKey(points: readonly Point[]): string {
  const keys = [points, points.toReversed()].map((ring) => {
    const texts = ring.map((point) => JSON.stringify(point));
    const first = texts.reduce((least, text, at) => (text < (texts[least] ?? '') ? at : least), 0);
    return [...texts.slice(first), ...texts.slice(0, first)].join();
  });
  return keys.sort()[0] ?? '';
}

function within(value: number, side: number): number {
  // Not every store tells -0 from 0.
  return value <= 0 ? 0 : Math.min(side, value);
}

function same([ax, ay]: Point, [bx, by]: Point): boolean {
  return ax === bx && ay === by;
}
