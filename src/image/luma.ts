import type { PixelPlane } from './decoded-image.js';

/**
 * Luma Y' of each pixel, row-major, `width * height` long, 0 (black) to 255 (white), by the weights
 * of ITU-R BT.709 on the gamma-coded values, rounded; the weights are taken in 65,536ths.
 */
export function lumaOf({ rgb }: PixelPlane): Uint8Array {
  const luma = new Uint8Array(rgb.length / 3);
  for (let pixel = 0, at = 0; pixel < luma.length; pixel += 1, at += 3) {
    luma[pixel] =
      (13_933 * (rgb[at] ?? 0) +
        46_871 * (rgb[at + 1] ?? 0) +
        4732 * (rgb[at + 2] ?? 0) +
        32_768) >>
      16;
  }
  return luma;
}
