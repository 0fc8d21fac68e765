import type { EmbeddingSpec, InputSpec } from './manifest-schema.js';

/** What the session thread is started with. */
export interface SessionStart {
  /** The ONNX file's bytes, transferred. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** Files of its weights, by the paths that the ONNX file names; transferred. */
  readonly data: readonly { readonly path: string; readonly data: Uint8Array<ArrayBuffer> }[];
  /** Execution providers, the preferred one first. */
  readonly providers: readonly string[];
  /** Threads that share one inference; 1 or more. */
  readonly threads: number;
  readonly spinning: boolean;
  /** Whether what goes wrong is thrown only, and not printed by the runtime too. */
  readonly quiet: boolean;
  /** Undefined where only the signature is wanted. */
  readonly use: SessionUse | undefined;
}

/** What is given to the model, and what is taken of its answer. */
export interface SessionUse {
  readonly input: InputSpec;
  readonly embedding: Pick<EmbeddingSpec, 'name' | 'pool' | 'features'>;
  readonly logits: string | undefined;
}

export type ToSession =
  /** Pictures of the input's size: RGB, rows first, interleaved; transferred. */
  | { readonly kind: 'run'; readonly pictures: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly kind: 'close' };

export type FromSession =
  | { readonly kind: 'ready'; readonly signature: ModelSignature }
  | ({ readonly kind: 'outputs' } & SessionOutputs)
  /** A provider that this runtime has not, or that does not start; with those that it has. */
  | { readonly kind: 'no-provider'; readonly message: string; readonly known: readonly string[] }
  | { readonly kind: 'failed'; readonly message: string };

/** Row-major, one row per picture. */
export interface SessionOutputs {
  readonly embedding: Float32Array<ArrayBuffer>;
  readonly logits: Float32Array<ArrayBuffer> | undefined;
}

/** The tensors that an ONNX file declares. */
export interface ModelSignature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

export interface TensorSignature {
  readonly name: string;
  /** Element type such as `float32`; `other` for what is no tensor. */
  readonly type: string;
  /** A number where the size is fixed, a name where it is free. */
  readonly shape: readonly (number | string)[];
}
