import type { PixelPlane } from '../image/decoded-image.js';

/**
 * Runs an ONNX model on pictures. Obligations:
 *
 * - Concurrent calls are batched inside; results do not depend on what shared the batch
 *   beyond floating-point noise.
 * - The calling thread stays free: heartbeats and HTTP go on during an inference.
 * - The model file was checked against its manifest (hash, input, outputs) before the embedder
 *   was handed out.
 * - The composition closes it; close() is idempotent and rejects what is still waiting.
 */
export interface Embedder {
  readonly model: EmbedderModel;
  infer(plane: PixelPlane): Promise<Inference>;
  close(): Promise<void>;
}

/** What a reference must be bound to, for its embeddings to be comparable. */
export interface EmbedderModel {
  /** The entry's name in models/manifest.json. */
  readonly name: string;
  /** sha256 of the ONNX file, lower-case hex. */
  readonly sha256: string;
  /** Length of the embedding. */
  readonly dimensions: number;
  /** Names of the logits, in their order; absent for a model that only embeds. */
  readonly classes?: readonly string[];
}

export interface Inference {
  /** As the model gives it, not normalised; `model.dimensions` long. */
  readonly embedding: Float32Array;
  /** Unnormalised class scores, `model.classes.length` long; absent without classes. */
  readonly logits?: Float32Array;
}
