import type { DetectedBox, Detection } from '../../event/inference-event.js';

/** Where a box lies, in any unit; x, y is the top-left corner. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Area that two boxes share over the area that they cover together, 0..1 (Everingham et al. 2010). */
export function intersectionOverUnion(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (!(width > 0) || !(height > 0)) return 0;
  const shared = width * height;
  const covered = a.width * a.height + b.width * b.height - shared;
  return covered > 0 ? Math.min(1, shared / covered) : 0;
}

/**
 * The natural logarithm of the share of the picture that a box covers. A box of less than a
 * millionth of the picture counts as that.
 */
export function logBoxSize(box: DetectedBox, { imageWidth, imageHeight }: Detection): number {
  const share = (box.width * box.height) / (imageWidth * imageHeight);
  return Math.log(Math.max(leastShare, Math.min(1, share)));
}

/** Boxes as near to the picture's edge as this share of its side touch it; detectors round. */
const edgeShare = 0.005;

/** Whether the box ends where the picture does, so that the object may go on outside. */
export function touchesEdge(box: DetectedBox, { imageWidth, imageHeight }: Detection): boolean {
  const [across, down] = [edgeShare * imageWidth, edgeShare * imageHeight];
  return (
    box.x <= across ||
    box.y <= down ||
    box.x + box.width >= imageWidth - across ||
    box.y + box.height >= imageHeight - down
  );
}

const leastShare = 1e-6;
