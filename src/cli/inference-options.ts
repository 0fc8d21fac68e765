import type { InferenceOptions } from '../adapters/onnx/onnx-embedder.js';
import type { Config } from '../config/load-config.js';

/** How the settings want models to be run. */
export function inferenceOptions({ modelsDir, inference }: Config): InferenceOptions {
  const { sessions, threads, ...rest } = inference;
  return {
    modelsDir,
    ...rest,
    ...(sessions === undefined ? {} : { sessions }),
    ...(threads === undefined ? {} : { threads }),
  };
}
