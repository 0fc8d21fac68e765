import type { PixelPlane } from './decoded-image.js';
import { resizeRegion } from './resize-kernel.js';
import type { Interpolation } from './resize-kernel.js';

/** What a model was trained to see. */
export interface ModelInputSpec {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Share of the short side that the centre crop keeps; above 0, at most 1. */
  readonly crop: number;
  readonly interpolation: Interpolation;
}

/**
 * Cuts a model's input from the working plane: the largest centred region of the input's aspect,
 * shrunk by `crop`, resized with antialiasing to the input's size (small pictures are enlarged).
 * RGB, rows first, interleaved: `width * height * 3` long, in a buffer of its own.
 */
export function cutModelInput(plane: PixelPlane, spec: ModelInputSpec): Uint8Array<ArrayBuffer> {
  const scale = spec.crop * Math.min(plane.width / spec.width, plane.height / spec.height);
  const width = Math.max(1, Math.round(spec.width * scale));
  const height = Math.max(1, Math.round(spec.height * scale));
  const region = {
    left: Math.floor((plane.width - width) / 2),
    top: Math.floor((plane.height - height) / 2),
    width,
    height,
  };
  return resizeRegion(plane, region, spec, spec.interpolation);
}
