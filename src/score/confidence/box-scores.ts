import type { Predictions } from '../../event/inference-event.js';

/** Each box's score, 0..1; empty where the predictions are no detection. */
export function boxScores(predictions: Predictions): readonly number[] {
  return predictions.kind === 'detection' ? predictions.boxes.map(({ score }) => score) : [];
}
