import type { FormatFacts } from './format-facts.js';
import type { ImageContentType } from './image-store.js';

/**
 * One image, decoded once. Scores read `plane`; the model's input is cut from the same plane.
 */
export interface DecodedImage {
  /** Of the original, after EXIF orientation, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly contentType: ImageContentType;
  readonly format: FormatFacts;
  readonly plane: PixelPlane;
}

/**
 * The working copy that every measurement shares: sRGB, upright, alpha flattened onto black,
 * shrunk so that the longer side is at most `workingSide` (never enlarged). Sizes are in
 * pixels; `rgb` is row-major, interleaved R, G, B, 8 bits each, `width * height * 3` long.
 */
export interface PixelPlane {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
  /**
   * Of a JPEG that was shrunk: a part of the original in its own resolution, for what shrinking
   * takes away, the edges of compressed blocks. Not turned upright, which those do not mind.
   */
  readonly detail?: PixelPlane;
}

/** Pixels. 512 keeps defocus and grain visible, and costs half of two separate decodes. */
export const workingSide = 512;

/**
 * The part of the original that is kept besides: so many pixels at most, from a sixth of the
 * height, below most skies. A decoder has to read all lines above it, so higher up is cheaper.
 */
export const detailPart = { width: 1024, height: 64, from: 1 / 6 };
