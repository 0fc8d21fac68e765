import type { Classification } from '../../event/inference-event.js';
import { softmax } from '../../score/softmax.js';

/**
 * The demo's production model: a picture belongs to the class whose mean training embedding is
 * nearest in direction, with a softmax over the cosines. Small, but a real classifier: what it
 * is sure or unsure of comes from the pictures, not from a script.
 */
export interface ProductionModel {
  predict(embedding: Float32Array): Classification;
}

/** Spreads cosines (about 0.3 apart between classes) over confident and unsure answers. */
const sharpness = 20;

export function trainProductionModel(
  training: readonly { readonly label: string; readonly embedding: Float32Array }[],
): ProductionModel {
  const classes = [...new Set(training.map((one) => one.label))].sort();
  const means = classes.map((label) => {
    const own = training.filter((one) => one.label === label).map((one) => unit(one.embedding));
    const sum = new Float32Array(own[0]?.length ?? 0);
    for (const embedding of own) embedding.forEach((value, i) => (sum[i] = (sum[i] ?? 0) + value));
    return unit(sum);
  });
  return {
    predict(embedding) {
      const direction = unit(embedding);
      const probabilities = softmax(means.map((mean) => sharpness * dot(mean, direction)));
      return { kind: 'classification', classes, probabilities };
    },
  };
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
