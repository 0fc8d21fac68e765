import type { PixelPlane } from '../image/decoded-image.js';

/**
 * Steepness of the luma in four directions, once between neighbouring pixels (`fine`) and once
 * between neighbouring squares of `coarseStep` pixels (`coarse`). Mean squares, in (grey levels
 * per pixel) squared; the order is: right, down, down-right, down-left.
 */
export interface PlaneGradients {
  readonly fine: readonly number[];
  readonly coarse: readonly number[];
  /** Variance of the grain, grey levels squared; 0 where the plane is too small to tell. */
  readonly noise: number;
}

/** Side of the squares that the coarse slopes are taken between, pixels. */
const coarseStep = 4;

/** Side of the squares of which the smoothest tell the grain, pixels. */
const noiseSquare = 16;

/** Fewer squares than this may all hold texture; then none of it is taken for grain. */
const minNoiseSquares = 50;

/** The share of squares that are taken to hold no texture. */
const smoothShare = 0.1;

export function gradientsOf(plane: PixelPlane): PlaneGradients {
  const { width, height, luma } = plane;
  const coarse = shrink(plane);
  return {
    fine: directionalSlopes(luma, width, height),
    coarse: directionalSlopes(coarse.values, coarse.width, coarse.height).map(
      (slope) => slope / coarseStep ** 2,
    ),
    noise: noiseVariance(plane),
  };
}

/** Mean squared difference to the neighbour in each direction; the diagonal is longer by √2. */
function directionalSlopes(
  values: Uint8Array | Float32Array,
  width: number,
  height: number,
): number[] {
  let right = 0;
  let down = 0;
  let downRight = 0;
  let downLeft = 0;
  for (let y = 0; y < height - 1; y += 1) {
    let at = y * width;
    let here = values[at] ?? 0;
    let below = values[at + width] ?? 0;
    for (const end = at + width - 1; at < end; at += 1) {
      const next = values[at + 1] ?? 0;
      const belowNext = values[at + width + 1] ?? 0;
      right += (next - here) * (next - here);
      down += (below - here) * (below - here);
      downRight += (belowNext - here) * (belowNext - here);
      downLeft += (below - next) * (below - next);
      here = next;
      below = belowNext;
    }
  }
  const count = Math.max(1, (width - 1) * (height - 1));
  return [right / count, down / count, downRight / (2 * count), downLeft / (2 * count)];
}

/** Means of whole squares of `coarseStep` pixels; what is left over at the edges is dropped. */
function shrink(plane: PixelPlane): { values: Float32Array; width: number; height: number } {
  const { luma, width: stride } = plane;
  const width = Math.floor(stride / coarseStep);
  const height = Math.floor(plane.height / coarseStep);
  const values = new Float32Array(width * height);
  const sums = new Int32Array(width);
  for (let y = 0; y < height; y += 1) {
    sums.fill(0);
    for (let line = y * coarseStep; line < (y + 1) * coarseStep; line += 1) {
      for (let x = 0, at = line * stride; x < width; x += 1, at += coarseStep) {
        const four =
          (luma[at] ?? 0) + (luma[at + 1] ?? 0) + (luma[at + 2] ?? 0) + (luma[at + 3] ?? 0);
        sums[x] = (sums[x] ?? 0) + four;
      }
    }
    const row = y * width;
    for (let x = 0; x < width; x += 1) values[row + x] = (sums[x] ?? 0) / coarseStep ** 2;
  }
  return { values, width, height };
}

/**
 * Variance of the grain: the mean squared answer of Immerkær's (1996) Laplacian difference
 * mask, which is blind to planes and to straight edges along the axes, in the smoothest tenth
 * of the squares.
 */
function noiseVariance({ width, height, luma }: PixelPlane): number {
  const across = Math.floor((width - 2) / noiseSquare);
  const down = Math.floor((height - 2) / noiseSquare);
  if (across < 1 || across * down < minNoiseSquares) return 0;
  const sums = new Float64Array(across * down);
  // The mask is [1 -2 1] across times [1 -2 1] down: each line is bent once and used three times.
  const used = across * noiseSquare;
  let above = bend(luma, 0, new Int32Array(used));
  let here = bend(luma, width, new Int32Array(used));
  let below = new Int32Array(used);
  for (let y = 1; y <= down * noiseSquare; y += 1) {
    bend(luma, (y + 1) * width, below);
    const row = Math.floor((y - 1) / noiseSquare) * across;
    for (let square = 0, at = 0; square < across; square += 1) {
      let sum = 0;
      for (const end = at + noiseSquare; at < end; at += 1) {
        const answer = (above[at] ?? 0) - 2 * (here[at] ?? 0) + (below[at] ?? 0);
        sum += Math.imul(answer, answer);
      }
      sums[row + square] = (sums[row + square] ?? 0) + sum;
    }
    [above, here, below] = [here, below, above];
  }
  sums.sort();
  const smooth = sums[Math.floor(smoothShare * (sums.length - 1))] ?? 0;
  // The mask's own weights have a sum of squares of 36.
  return smooth / (noiseSquare ** 2 * 36);
}

/** Second differences along a line of pixels, from its second one on, as many as `into` holds. */
function bend<Line extends Int32Array>(luma: Uint8Array, start: number, into: Line): Line {
  let before = luma[start] ?? 0;
  let here = luma[start + 1] ?? 0;
  for (let x = 0; x < into.length; x += 1) {
    const after = luma[start + x + 2] ?? 0;
    into[x] = before - 2 * here + after;
    before = here;
    here = after;
  }
  return into;
}
