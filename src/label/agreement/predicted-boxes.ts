import type { Detection } from '../../event/inference-event.js';
import type { LabelledBox } from '../label.js';
import type { PictureSize } from '../label-problem.js';

export interface PredictedBox extends LabelledBox {
  /** 0..1 */
  readonly score: number;
}

/** The model's boxes in the pixels that labels use; the model may have seen a smaller picture. */
export function predictedBoxes(
  { boxes, imageWidth, imageHeight }: Detection,
  { width, height }: PictureSize,
): PredictedBox[] {
  const [across, down] = [width / imageWidth, height / imageHeight];
  return boxes.map((box) => ({
    class: box.label,
    score: box.score,
    x: box.x * across,
    y: box.y * down,
    width: box.width * across,
    height: box.height * down,
  }));
}
