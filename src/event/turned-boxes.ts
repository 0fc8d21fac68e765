import { EdgeminerError } from '../faults.js';
import type { DetectedBox, Detection, Predictions } from './inference-event.js';

/** Of a picture that is nearly square, nothing shows whether it was turned. */
const nearlySquare = 0.05;
/** By which rounding to whole pixels changes the ratio of a picture's sides. */
const sameRatio = 0.02;

/** The picture that is stored. */
export interface UprightPicture {
  /** Pixels, upright. */
  readonly width: number;
  readonly height: number;
  /** EXIF, 1..8, by which it was turned upright; 1 where there is no tag. */
  readonly orientation: number;
}

/**
 * The boxes on the upright picture. A model that passes over the EXIF tag of a portrait sees it lying,
 * so that width and height are exchanged and its boxes lie elsewhere: they are turned with the picture.
 * All others stay as they are; where a model saw the picture smaller, or squeezed into a square, boxes
 * are carried over by the sizes of both later, each way by itself.
 *
 * @throws EdgeminerError `event.invalid` where width and height are exchanged and no tag says why.
 */
export function uprightBoxes(predictions: Predictions, picture: UprightPicture): Predictions {
  if (predictions.kind !== 'detection' || !isLying(predictions, picture)) return predictions;
  const { boxes, imageWidth, imageHeight } = predictions;
  const turn = turns[picture.orientation];
  if (turn === undefined) {
    throw new EdgeminerError(
      'event.invalid',
      `predictions.imageWidth x imageHeight is ${imageWidth} x ${imageHeight}, but the picture is ` +
        `${picture.width} x ${picture.height}: the boxes are of another or of a turned picture`,
      {
        field: 'predictions.imageWidth',
        mend: 'Exchange the two if they were mixed up, or send the picture as the model saw it.',
      },
    );
  }
  return {
    ...predictions,
    boxes: boxes.map((box) => turn(box, predictions)),
    imageWidth: imageHeight,
    imageHeight: imageWidth,
  };
}

function isLying({ boxes, imageWidth, imageHeight }: Detection, picture: UprightPicture): boolean {
  const stored = Math.log(picture.width / picture.height);
  const seen = Math.log(imageWidth / imageHeight);
  return (
    boxes.length > 0 && Math.abs(stored) >= nearlySquare && Math.abs(stored + seen) <= sameRatio
  );
}

type Turn = (box: DetectedBox, seen: Detection) => DetectedBox;

/** By EXIF orientation (CIPA DC-008, 4.6.4): where a box of the picture as it is stored lies upright. */
const turns: Readonly<Record<number, Turn>> = {
  5: (box) => exchanged(box, box.y, box.x),
  6: (box, { imageHeight }) => exchanged(box, imageHeight - box.y - box.height, box.x),
  7: (box, { imageWidth, imageHeight }) =>
    exchanged(box, imageHeight - box.y - box.height, imageWidth - box.x - box.width),
  8: (box, { imageWidth }) => exchanged(box, box.y, imageWidth - box.x - box.width),
};

function exchanged(box: DetectedBox, x: number, y: number): DetectedBox {
  return { ...box, x, y, width: box.height, height: box.width };
}
