import type { ModelSignature } from './session-messages.js';

/** What the thread of a score is started with. */
export interface ScoreStart {
  /** The ONNX file's bytes, transferred. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** Undefined for a model over embeddings. */
  readonly picture: PictureInput | undefined;
}

/** How a picture is prepared, in the words of models/manifest.json. */
export interface PictureInput {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Per channel R, G, B, in units of 0..255: the model sees (pixel - mean) / std. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** `squash` takes the whole picture whatever its shape, `crop` its middle. */
  readonly fit: 'crop' | 'squash';
  /** Share of the short side that the centre crop keeps. */
  readonly crop: number;
  readonly interpolation: 'bicubic' | 'bilinear';
}

export type ToScore =
  /** RGB of the input's size, rows first, interleaved; or an embedding. Transferred. */
  | {
      readonly kind: 'run';
      readonly values: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
      readonly output: string;
    }
  | { readonly kind: 'close' };

export type FromScore =
  | { readonly kind: 'ready'; readonly signature: ModelSignature }
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'failed'; readonly message: string };
