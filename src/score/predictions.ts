import type { Predictions } from '../event/inference-event.js';
import type { EmbedderModel, Inference } from './embedder.js';

/** An inference as predictions; `none` for a model that only embeds. */
export function predictionsFrom(inference: Inference, model: EmbedderModel): Predictions {
  const { logits } = inference;
  if (logits === undefined || model.classes === undefined) return { kind: 'none' };
  return { kind: 'classification', classes: model.classes, logits: numbersOf(logits) };
}

/** By index: the iterator of a typed array leaves an object behind for each of a thousand classes. */
function numbersOf(values: Float32Array): number[] {
  const numbers = new Array<number>(values.length);
  for (let at = 0; at < values.length; at += 1) numbers[at] = values[at] ?? 0;
  return numbers;
}
