/** What the session thread is started with. */
export interface SessionStart {
  /** The ONNX file's bytes, transferred. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** Threads that share one inference; 1 or more. */
  readonly threads: number;
  readonly spinning: boolean;
  readonly input: {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly mean: readonly [number, number, number];
    readonly std: readonly [number, number, number];
  };
  readonly embedding: string;
  readonly logits: string | undefined;
}

export type ToSession =
  /** Pictures of the input's size: RGB, rows first, interleaved; transferred. */
  | { readonly kind: 'run'; readonly pictures: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly kind: 'close' };

export type FromSession =
  | { readonly kind: 'ready'; readonly signature: ModelSignature }
  | ({ readonly kind: 'outputs' } & SessionOutputs)
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
