import { EdgeminerError } from '../faults.js';
import type { Predictions } from './inference-event.js';

/** Of a picture that is nearly square, nothing shows whether it was turned. */
const nearlySquare = 0.05;
/** By which rounding to whole pixels changes the ratio of a picture's sides. */
const sameRatio = 0.02;

/**
 * Boxes are carried from the picture that the model saw to the one that is stored by the sizes of
 * both, each way by itself: a model may have seen it smaller, or squeezed into a square. But where
 * width and height are exchanged, it saw it lying (cameras store portraits so, with an EXIF tag
 * that says how to turn them), and its boxes lie elsewhere.
 *
 * @param picture As it stands upright, in pixels.
 * @throws EdgeminerError `event.invalid`
 */
export function refuseTurnedBoxes(
  predictions: Predictions,
  picture: { readonly width: number; readonly height: number },
): void {
  if (predictions.kind !== 'detection' || predictions.boxes.length === 0) return;
  const { imageWidth, imageHeight } = predictions;
  const stored = Math.log(picture.width / picture.height);
  const seen = Math.log(imageWidth / imageHeight);
  if (Math.abs(stored) < nearlySquare || Math.abs(stored + seen) > sameRatio) return;
  throw new EdgeminerError(
    'event.invalid',
    `predictions.imageWidth x imageHeight is ${imageWidth} x ${imageHeight}, but the picture, upright ` +
      `as its EXIF tag says, is ${picture.width} x ${picture.height}: the boxes are of a turned picture`,
    {
      field: 'predictions.imageWidth',
      mend: 'Turn the picture upright before the model sees it, or exchange the two if they were mixed up.',
    },
  );
}
