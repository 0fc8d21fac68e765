import type { PixelPlane } from '../../image/decoded-image.js';
import { statisticsOf } from '../plane-statistics.js';

/** Grey levels. Grey pixels that went through a video encoder's colours come back within one. */
const leastColour = 0.75;

/**
 * Whether a picture has any colour: its brightest channel is, on the mean, more than 0.75 grey levels
 * above its luma. In a grey picture the three channels are one.
 */
export function isColoured(plane: PixelPlane): boolean {
  const { brightest, luma, pixels } = statisticsOf(plane);
  let above = 0;
  for (let level = 0; level < 256; level += 1) {
    above += level * ((brightest[level] ?? 0) - (luma[level] ?? 0));
  }
  return above > leastColour * pixels;
}
