import type { Problem } from './checked.js';
import type { DetectedBox, Detection } from './inference-event.js';

/**
 * What no detector can have found in a picture; undefined where it can. Boxes that stick out of
 * the picture are ordinary: detectors guess where an object ends that the edge cuts.
 */
export function impossibleDetection(detection: Detection): Problem | undefined {
  return inShares(detection) ?? outside(detection);
}

/** Boxes in shares of the picture may stick out of it as well, by half of it. */
const [leastShare, mostShare] = [-0.5, 1.5];
/** In a picture of so few pixels a box of one may be meant. */
const fewPixels = 4;

/** All boxes within the first pixel: they are in shares of the picture's sides. */
function inShares({ boxes, imageWidth, imageHeight }: Detection): Problem | undefined {
  const [first] = boxes;
  if (first === undefined || imageWidth <= fewPixels || imageHeight <= fewPixels) return undefined;
  for (const { x, y, width, height } of boxes) {
    if (x < leastShare || y < leastShare || x + width > mostShare || y + height > mostShare)
      return undefined;
  }
  return {
    field: 'predictions.boxes',
    problem: `must be in pixels, not in shares of the picture: ${placeOf(first)} on ${imageWidth} x ${imageHeight}`,
    mend:
      'Multiply x and width by imageWidth, y and height by imageHeight; a mapping does so with ' +
      "'normalised: true'.",
  };
}

/** Conventions of where a pixel ends differ by one. */
const onePixel = 1;

function outside({ boxes, imageWidth, imageHeight }: Detection): Problem | undefined {
  for (let at = 0; at < boxes.length; at += 1) {
    const box = boxes[at];
    if (box === undefined) continue;
    const { x, y, width, height } = box;
    if (
      x < imageWidth + onePixel &&
      y < imageHeight + onePixel &&
      x + width > -onePixel &&
      y + height > -onePixel
    )
      continue;
    return {
      field: `predictions.boxes.${at}`,
      problem: `lies outside of the picture: ${placeOf(box)} on ${imageWidth} x ${imageHeight}`,
      mend:
        'Send pixels of a picture of imageWidth x imageHeight, with x and y the top-left corner; ' +
        "a mapping of boxes in pixels has 'normalised: false'.",
    };
  }
  return undefined;
}

function placeOf({ x, y, width, height }: DetectedBox): string {
  return `x ${x}, y ${y}, width ${width}, height ${height}`;
}
