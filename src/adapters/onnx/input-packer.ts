/** Values as the tensor wants them; of float16, the bits. */
export type PackedInput =
  Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** What one input's values are made of, once per session. */
export interface InputPacker {
  /**
   * Pictures of the input's size (RGB, rows first, interleaved) as the tensor's values, those of
   * `slots` pictures; what no picture fills is 0. Valid until the next call.
   */
  pack(pictures: readonly Uint8Array[], slots: number): PackedInput;
}
