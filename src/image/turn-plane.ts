import type { PixelPlane } from './decoded-image.js';

/** Quarter turns, clockwise. */
export type Quarters = 1 | 2 | 3;

export const quarterTurns: readonly Quarters[] = [1, 2, 3];

/** The picture turned clockwise; no pixel is changed. */
export function turnedPlane({ width, height, rgb }: PixelPlane, quarters: Quarters): PixelPlane {
  const turned = new Uint8Array(rgb.length);
  const [across, down] = quarters === 2 ? [width, height] : [height, width];
  // Where the first pixel comes from, and how far apart two neighbours were.
  const [start, right, below] = {
    1: [(height - 1) * width, -width, 1],
    2: [height * width - 1, -1, -width],
    3: [width - 1, width, -1],
  }[quarters] as [number, number, number];
  let to = 0;
  for (let y = 0; y < down; y += 1) {
    let from = 3 * (start + y * below);
    for (let x = 0; x < across; x += 1, to += 3, from += 3 * right) {
      turned[to] = rgb[from] ?? 0;
      turned[to + 1] = rgb[from + 1] ?? 0;
      turned[to + 2] = rgb[from + 2] ?? 0;
    }
  }
  return { width: across, height: down, rgb: turned };
}
