import type { PixelPlane } from './decoded-image.js';
import { resizeRegion } from './resize-kernel.js';
import type { Interpolation } from './resize-kernel.js';

/** What a model was trained to see. */
export interface ModelInputSpec {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /**
   * `crop` takes the largest centred region of the input's aspect; `squash` takes the whole
   * picture, whatever becomes of its aspect.
   */
  readonly fit: 'crop' | 'squash';
  /** Share of that region's sides that is kept, around its centre; above 0, at most 1. */
  readonly crop: number;
  readonly interpolation: Interpolation;
}

/**
 * Cuts a model's input from the working plane: the region that `fit` takes, shrunk by `crop`,
 * resized with antialiasing to the input's size (small pictures are enlarged).
 * RGB, rows first, interleaved: `width * height * 3` long, in a buffer of its own.
 */
export function cutModelInput(plane: PixelPlane, spec: ModelInputSpec): Uint8Array<ArrayBuffer> {
  const across = plane.width / spec.width;
  const down = plane.height / spec.height;
  const least = Math.min(across, down);
  const [scaleX, scaleY] = spec.fit === 'squash' ? [across, down] : [least, least];
  const width = Math.max(1, Math.round(spec.width * spec.crop * scaleX));
  const height = Math.max(1, Math.round(spec.height * spec.crop * scaleY));
  const region = {
    left: Math.floor((plane.width - width) / 2),
    top: Math.floor((plane.height - height) / 2),
    width,
    height,
  };
  return resizeRegion(plane, region, spec, spec.interpolation);
}
