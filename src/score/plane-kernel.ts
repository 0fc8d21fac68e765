import type { PixelPlane } from '../image/decoded-image.js';
import { layOut, openKernel } from '../image/kernel-memory.js';
import { planeKernelBinary } from './plane-kernel-binary.js';

/** What the kernel counts and sums over one plane; whole numbers. */
export interface PlaneCounts extends GridSums {
  /** Luma by tile, row-major, 256 counts each. */
  readonly tiles: Uint32Array;
  /** Pixels by their brightest channel, 256 counts. */
  readonly brightest: Uint32Array;
  /**
   * Sums over Sobel's differences of the luma: squared across, squared down, their product; and
   * the same of the sums of squares of `coarseStep` x `coarseStep` pixels.
   */
  readonly fineSlopes: readonly number[];
  readonly coarseSlopes: readonly number[];
  /** Pairs of neighbours of which one has a saturated channel that the other keeps, by channel. */
  readonly cutEdges: number;
  /** Pairs of neighbours that are both saturated, while their darkest channel steps by 12 or more. */
  readonly stuckPairs: number;
  /** Sums of R, G and B. */
  readonly colours: readonly number[];
  /** The darkest channel of any pixel of each square of `darkSquare` pixels, 0..255. */
  readonly darkest: Uint8Array;
  /** Per square of `grainSquare` pixels: the sum of squared answers of Immerkær's mask. */
  readonly grain: Int32Array;
}

/**
 * Sums of absolute luma steps to the pixel before, by the pixel's place in a grid of eight: along
 * the lines, and down the columns; from the ninth pixel on, of whole eights.
 */
export interface GridSums {
  readonly gridAcross: readonly number[];
  readonly gridDown: readonly number[];
}

/** Side of the squares that coarse slopes are taken between, pixels. */
export const coarseStep = 4;

/** Side of the squares that grain is summed over, pixels. */
export const grainSquare = 16;

/** Side of the squares whose darkest channel is taken, pixels. */
export const darkSquare = 16;

const levels = 256;
const kernel = openKernel<
  | 'channels'
  | 'count'
  | 'tiles'
  | 'slopes'
  | 'coarseSlopes'
  | 'cutEdges'
  | 'stuckPairs'
  | 'squares'
  | 'grain'
  | 'lowest'
  | 'grid'
>(planeKernelBinary);
const { memory } = kernel;

/**
 * Counts a plane in `across * down` tiles, in one go: nothing else runs on this thread meanwhile
 * (a fraction of a millisecond for a working plane), and one memory serves all planes.
 */
export function countPlane(
  { width, height, rgb }: PixelPlane,
  across: number,
  down: number,
): PlaneCounts {
  const pixels = width * height;
  const coarse = { width: Math.floor(width / coarseStep), height: Math.floor(height / coarseStep) };
  const grainAcross = Math.max(0, Math.floor((width - 2) / grainSquare));
  const grainDown = Math.max(0, Math.floor((height - 2) / grainSquare));

  const { area, reserve } = layOut(memory);
  const tiles = area(4 * levels * across * down);
  const brightest = area(4 * levels);
  const odd = area(4 * levels);
  const scratch = area(2 * 4 * levels * across);
  const zeroed = area(0);
  const fineSlopes = area(3 * 8);
  const coarseSlopes = area(3 * 8);
  const cutEdges = area(4);
  const stuckPairs = area(4);
  const grain = area(4 * grainAcross * grainDown);
  const colours = area(4 * 3);
  const grid = area(4 * 16);
  const darkSquares = Math.floor(width / darkSquare) * Math.floor(height / darkSquare);
  const lowest = area(darkSquares);
  const squares = area(4 * coarse.width * coarse.height);
  const luma = area(pixels);
  const maxima = area(pixels);
  const minima = area(pixels);
  const source = area(3 * pixels);
  reserve();
  new Uint8Array(memory.buffer, 0, zeroed).fill(0, tiles);
  new Uint8Array(memory.buffer).set(rgb, source);

  kernel.channels(source, pixels, luma, maxima, minima, colours);
  kernel.count(maxima, pixels, brightest, odd);
  kernel.tiles(luma, width, height, across, down, scratch, tiles);
  kernel.slopes(luma, width, height, fineSlopes);
  kernel.squares(luma, width, height, squares);
  kernel.coarseSlopes(squares, coarse.width, coarse.height, coarseSlopes);
  kernel.cutEdges(source, width, height, cutEdges);
  kernel.stuckPairs(maxima, minima, width, height, stuckPairs);
  kernel.lowest(minima, width, height, lowest);
  kernel.grid(luma, width, height, grid);
  kernel.grain(luma, width, grainAcross, grainDown, grain);

  // The memory is used again by the next plane.
  const odds = new Uint32Array(memory.buffer, odd, levels);
  return {
    tiles: new Uint32Array(memory.buffer, tiles, levels * across * down).slice(),
    brightest: new Uint32Array(memory.buffer, brightest, levels).map(
      (n, at) => n + (odds[at] ?? 0),
    ),
    fineSlopes: Array.from(new BigInt64Array(memory.buffer, fineSlopes, 3), Number),
    coarseSlopes: Array.from(new BigInt64Array(memory.buffer, coarseSlopes, 3), Number),
    cutEdges: new Uint32Array(memory.buffer, cutEdges, 1)[0] ?? 0,
    stuckPairs: new Uint32Array(memory.buffer, stuckPairs, 1)[0] ?? 0,
    colours: Array.from(new Uint32Array(memory.buffer, colours, 3)),
    darkest: new Uint8Array(memory.buffer, lowest, darkSquares).slice(),
    gridAcross: Array.from(new Uint32Array(memory.buffer, grid, 8)),
    gridDown: Array.from(new Uint32Array(memory.buffer, grid + 32, 8)),
    grain: new Int32Array(memory.buffer, grain, grainAcross * grainDown).slice(),
  };
}

/** The part of `countPlane` that looks for a grid. */
export function sumGrid({ width, height, rgb }: PixelPlane): GridSums {
  const pixels = width * height;
  const { area, reserve } = layOut(memory);
  const colours = area(4 * 3);
  const grid = area(4 * 16);
  const luma = area(pixels);
  const maxima = area(pixels);
  const minima = area(pixels);
  const source = area(3 * pixels);
  reserve();
  new Uint8Array(memory.buffer).set(rgb, source);
  kernel.channels(source, pixels, luma, maxima, minima, colours);
  kernel.grid(luma, width, height, grid);
  return {
    gridAcross: Array.from(new Uint32Array(memory.buffer, grid, 8)),
    gridDown: Array.from(new Uint32Array(memory.buffer, grid + 32, 8)),
  };
}
