import type { Rectangle } from '../../score/confidence/boxes.js';

/** A share as whole percents: `37 %`. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** Where a box lies, in whole pixels: `at 10, 20 (40 x 30 pixels)`. */
export function place({ x, y, width, height }: Rectangle): string {
  return `at ${Math.round(x)}, ${Math.round(y)} (${Math.round(width)} x ${Math.round(height)} pixels)`;
}
