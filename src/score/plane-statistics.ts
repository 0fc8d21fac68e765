import type { PixelPlane } from '../image/decoded-image.js';
import { gradientsOf } from './plane-gradients.js';
import type { PlaneGradients } from './plane-gradients.js';

/** What the quality measurements share: computed once per plane. */
export interface PlaneStatistics {
  /** Number of pixels. */
  readonly pixels: number;
  /** Pixels of each luma, 256 counts. */
  readonly luma: Uint32Array;
  /** Pixels by their brightest channel, 256 counts: the value of HSV. */
  readonly brightest: Uint32Array;
  /** Lowest and highest luma of each tile, a few pixels aside; grey levels. */
  readonly tiles: { readonly lows: readonly number[]; readonly highs: readonly number[] };
  readonly gradients: PlaneGradients;
}

/** Tiles per side. Fine enough that a time stamp or a logo stays within three of them. */
const tilesPerSide = 8;

/** Share of a tile's pixels that are set aside at either end: dead pixels, ringing. */
const tileTail = 0.002;

// A plane never changes and belongs to one event, so its statistics live as long as it does.
const known = new WeakMap<PixelPlane, PlaneStatistics>();

export function statisticsOf(plane: PixelPlane): PlaneStatistics {
  let statistics = known.get(plane);
  if (statistics === undefined) {
    statistics = measurePlane(plane);
    known.set(plane, statistics);
  }
  return statistics;
}

function measurePlane(plane: PixelPlane): PlaneStatistics {
  const { width, height } = plane;
  const across = Math.min(tilesPerSide, width);
  const down = Math.min(tilesPerSide, height);
  const tiles = tileHistograms(plane, across, down);
  const luma = new Uint32Array(256);
  const lows: number[] = [];
  const highs: number[] = [];
  for (let tile = 0; tile < across * down; tile += 1) {
    const counts = tiles.subarray(tile * 256, (tile + 1) * 256);
    for (let level = 0; level < 256; level += 1) {
      luma[level] = (luma[level] ?? 0) + (counts[level] ?? 0);
    }
    lows.push(percentileLevel(counts, tileTail));
    highs.push(percentileLevel(counts, 1 - tileTail));
  }
  return {
    pixels: width * height,
    luma,
    brightest: brightestChannels(plane.rgb),
    tiles: { lows, highs },
    gradients: gradientsOf(plane),
  };
}

/** One histogram of luma per tile, row-major, 256 counts each. */
function tileHistograms(plane: PixelPlane, across: number, down: number): Uint32Array {
  const { width, height, luma } = plane;
  const counts = new Uint32Array(across * down * 256);
  const columnStart = Uint32Array.from({ length: width }, (_, x) =>
    Math.floor((x * across) / width),
  ).map((column) => column * 256);
  for (let y = 0, at = 0; y < height; y += 1) {
    const rowStart = Math.floor((y * down) / height) * across * 256;
    for (let x = 0; x < width; x += 1, at += 1) {
      const bin = rowStart + (columnStart[x] ?? 0) + (luma[at] ?? 0);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
  }
  return counts;
}

function brightestChannels(rgb: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let at = 0; at < rgb.length; at += 3) {
    const red = rgb[at] ?? 0;
    const green = rgb[at + 1] ?? 0;
    const blue = rgb[at + 2] ?? 0;
    const level = Math.max(red, green, blue);
    counts[level] = (counts[level] ?? 0) + 1;
  }
  return counts;
}

/**
 * The level below which this share of the counted pixels lies, at most: an order statistic,
 * 0..255. 0 where nothing was counted.
 */
export function percentileLevel(counts: Uint32Array, share: number): number {
  let total = 0;
  for (const count of counts) total += count;
  const rank = Math.min(total - 1, Math.floor(share * total));
  let below = 0;
  for (let level = 0; level < counts.length; level += 1) {
    below += counts[level] ?? 0;
    if (below > rank) return level;
  }
  return 0;
}

/**
 * exp(mean(ln(f(level) + 1))) - 1 over all counted pixels: the log-average, in grey levels. It
 * weighs a doubling the same at every level, as eyes do (Reinhard et al. 2002, the `key`).
 */
export function logAverage(counts: Uint32Array, of: (level: number) => number): number {
  let sum = 0;
  let total = 0;
  counts.forEach((count, level) => {
    sum += count * Math.log(of(level) + 1);
    total += count;
  });
  return total === 0 ? 0 : Math.expm1(sum / total);
}
