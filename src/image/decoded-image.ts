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
}

/** Pixels. 512 keeps defocus and grain visible, and costs half of two separate decodes. */
export const workingSide = 512;
