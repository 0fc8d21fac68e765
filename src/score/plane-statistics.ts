import type { PixelPlane } from '../image/decoded-image.js';
import { gradientsOf } from './plane-gradients.js';
import type { PlaneGradients } from './plane-gradients.js';
import { countPlane, sumGrid } from './plane-kernel.js';
import type { GridSums } from './plane-kernel.js';

/** What the quality measurements share: computed once per plane. */
export interface PlaneStatistics {
  /** Number of pixels. */
  readonly pixels: number;
  /** Pixels of each luma, 256 counts. */
  readonly luma: Uint32Array;
  /** Pixels by their brightest channel, 256 counts: the value of HSV. */
  readonly brightest: Uint32Array;
  /** Lowest and highest luma of each tile, a few pixels aside; grey levels. */
  readonly tiles: {
    readonly lows: readonly number[];
    readonly highs: readonly number[];
    /** Mean luma of each tile. */
    readonly means: readonly number[];
  };
  /** Neighbours where a channel is saturated in one and kept in the other, per pixel, 0..6. */
  readonly cutEdges: number;
  /**
   * Neighbours that have a saturated channel each, while their darkest channel steps by 12 levels
   * or more: pairs per pixel, 0..2.
   */
  readonly stuckPairs: number;
  /** Mean R, G and B, grey levels. */
  readonly meanColour: readonly [number, number, number];
  /** Mean of the darkest channel of each square of 16 pixels, 0..255; 0 where none fits. */
  readonly darkChannel: number;
  /**
   * Mean absolute luma step to the pixel before, by the pixel's place in a grid of eight: along the
   * lines and down the columns; of the detail where there is one.
   */
  readonly grid: { readonly across: readonly number[]; readonly down: readonly number[] };
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
  const { width, height, detail } = plane;
  const across = Math.min(tilesPerSide, width);
  const down = Math.min(tilesPerSide, height);
  const counts = countPlane(plane, across, down);
  const luma = new Uint32Array(256);
  const lows: number[] = [];
  const highs: number[] = [];
  const means: number[] = [];
  for (let tile = 0; tile < across * down; tile += 1) {
    const counted = counts.tiles.subarray(tile * 256, (tile + 1) * 256);
    let pixels = 0;
    let sum = 0;
    for (let level = 0; level < counted.length; level += 1) {
      const count = counted[level] ?? 0;
      luma[level] = (luma[level] ?? 0) + count;
      pixels += count;
      sum += level * count;
    }
    means.push(sum / Math.max(1, pixels));
    lows.push(levelAt(counted, tileTail, pixels));
    highs.push(levelAt(counted, 1 - tileTail, pixels));
  }
  const pixels = width * height;
  const [red = 0, green = 0, blue = 0] = counts.colours;
  return {
    pixels,
    luma,
    brightest: counts.brightest,
    tiles: { lows, highs, means },
    cutEdges: counts.cutEdges / pixels,
    stuckPairs: counts.stuckPairs / pixels,
    meanColour: [red / pixels, green / pixels, blue / pixels],
    darkChannel:
      counts.darkest.reduce((sum, level) => sum + level, 0) / Math.max(1, counts.darkest.length),
    grid: detail === undefined ? gridMeans(plane, counts) : gridMeans(detail, sumGrid(detail)),
    gradients: gradientsOf(width, height, counts),
  };
}

function gridMeans({ width, height }: PixelPlane, { gridAcross, gridDown }: GridSums) {
  const columns = Math.max(0, Math.floor(width / 8) - 1);
  const rows = Math.max(0, Math.floor(height / 8) - 1);
  const eachAcross = Math.max(1, columns * height);
  const eachDown = Math.max(1, rows * 8 * Math.floor(width / 8));
  return {
    across: gridAcross.map((sum) => sum / eachAcross),
    down: gridDown.map((sum) => sum / eachDown),
  };
}

/**
 * The level below which this share of the counted pixels lies, at most: an order statistic,
 * 0..255. 0 where nothing was counted.
 */
export function percentileLevel(counts: Uint32Array, share: number): number {
  let total = 0;
  for (const count of counts) total += count;
  return levelAt(counts, share, total);
}

/** The counts of this share of the pixels, from the dark end, of one pixel at least. */
export function darkestPart(counts: Uint32Array, share: number): Uint32Array {
  let left = Math.max(1, Math.round(share * counts.reduce((sum, count) => sum + count, 0)));
  return counts.map((count) => {
    const taken = Math.min(count, left);
    left -= taken;
    return taken;
  });
}

/** Counted from the nearer end: most tails are short. */
function levelAt(counts: Uint32Array, share: number, total: number): number {
  if (total === 0) return 0;
  const rank = Math.min(total - 1, Math.floor(share * total));
  if (2 * rank > total) {
    let above = 0;
    for (let level = counts.length - 1; level > 0; level -= 1) {
      above += counts[level] ?? 0;
      if (total - above <= rank) return level;
    }
    return 0;
  }
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
  let highest = 0;
  for (let level = 0; level < counts.length; level += 1) {
    const count = counts[level] ?? 0;
    if (count === 0) continue;
    const value = of(level);
    sum += count * Math.log(value + 1);
    total += count;
    highest = Math.max(highest, value);
  }
  // Against rounding: the mean of many equal values came out a little above them.
  return total === 0 ? 0 : Math.min(highest, Math.expm1(sum / total));
}
