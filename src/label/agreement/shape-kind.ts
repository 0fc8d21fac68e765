import type { Rectangle } from '../../score/confidence/boxes.js';
import { intersectionOverUnion } from '../../score/confidence/boxes.js';
import type { Attributes, LabelBody, LabelledBox, LabelledPolygon } from '../label.js';
import { polygonBounds } from '../polygon-geometry.js';
import { majority } from './majority.js';
import { median } from './median.js';
import { polygonOverlap } from './polygon-overlap.js';

/** An object that somebody drew. */
export interface Shape {
  readonly class: string;
  readonly attributes?: Attributes;
}

/** What matching and merging need to know of one kind of shapes. */
export interface ShapeKind<S extends Shape> {
  /** Intersection over union, 0..1. */
  readonly overlap: (a: S, b: S) => number;
  /** One shape for what several people drew of an object, without attributes; of one or more. */
  readonly merged: (shapes: readonly S[]) => S;
  readonly bounds: (shape: S) => Rectangle;
}

/** Of boxes, each edge is the median. */
export const boxKind: ShapeKind<LabelledBox> = {
  overlap: intersectionOverUnion,
  merged(boxes) {
    const [x, width] = mergedSpan(boxes.map((box) => [box.x, box.width]));
    const [y, height] = mergedSpan(boxes.map((box) => [box.y, box.height]));
    return { class: likeliestClass(boxes), x, y, width, height };
  },
  bounds: ({ x, y, width, height }) => ({ x, y, width, height }),
};

/**
 * Of polygons, the one that shares most with the others: corners of different people don't
 * correspond, so that there is no median of them. Among equals the order of the corners decides,
 * and not that of the people.
 */
export const polygonKind: ShapeKind<LabelledPolygon> = {
  overlap: (a, b) => polygonOverlap(a.points, b.points),
  merged(polygons) {
    const shared = polygons.map((polygon) => ({
      polygon,
      sum: sumInNoOrder(polygons.map((other) => polygonKind.overlap(polygon, other))),
      key: JSON.stringify(polygon.points),
    }));
    shared.sort((a, b) => b.sum - a.sum || (a.key < b.key ? -1 : 1));
    return { class: likeliestClass(polygons), points: shared[0]?.polygon.points ?? [] };
  },
  bounds: ({ points }) => polygonBounds(points),
};

/** The boxes of a label, or those around its polygons. */
export function boxesOf(body: LabelBody): readonly LabelledBox[] {
  switch (body.kind) {
    case 'class':
    case 'classes':
      return [];
    case 'boxes':
      return body.boxes;
    case 'polygons':
      return body.polygons.map(({ class: name, points }) => ({
        class: name,
        ...polygonBounds(points),
      }));
  }
}

/** The median begin, and how far it is from there to the median end. */
function mergedSpan(spans: readonly (readonly [number, number])[]): [number, number] {
  const start = median(spans.map(([begin]) => begin));
  const extent = median(spans.map(([begin, length]) => begin + length)) - start;
  // `start + extent - start` is not `extent` in floats; what all drew alike must stay as it is.
  const drawn = median(spans.map(([, length]) => length));
  return [start, Math.abs(extent - drawn) < 1e-9 ? drawn : extent];
}

/** Sums in two orders differ in the last digits, which must not decide anything. */
function sumInNoOrder(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b).reduce((sum, one) => sum + one, 0) * 1e9);
}

function likeliestClass(shapes: readonly Shape[]): string {
  const vote = majority(shapes.map((shape) => shape.class));
  if (vote.kind === 'majority') return vote.class;
  return vote.kind === 'tied' ? (vote.classes[0] ?? '') : '';
}
