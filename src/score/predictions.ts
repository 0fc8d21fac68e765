import type { Predictions } from '../event/inference-event.js';
import type { EmbedderModel, Inference } from './embedder.js';

/** An inference as predictions; `none` for a model that only embeds. */
export function predictionsFrom(inference: Inference, model: EmbedderModel): Predictions {
  if (inference.logits === undefined || model.classes === undefined) return { kind: 'none' };
  return {
    kind: 'classification',
    classes: model.classes,
    logits: Array.from(inference.logits),
  };
}
