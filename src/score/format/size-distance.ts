import type { FormatProfile, SizeCount } from './format-profile.js';
import type { ComparedFormat } from './trait-surprise.js';

/** Doublings; the largest JPEG has sides of 2^16 pixels. */
export const mostDoublings = 16;

/** Nearest pictures that a size must have, as a share of the reference: fewer may be strays. */
const nearShare = 0.005;

type Size = Pick<SizeCount, 'width' | 'height'>;

/** What a size is measured by, in doublings. */
const sizeMeasures = {
  /** Of the sides: half the binary logarithm of the number of pixels. */
  side: ({ width, height }: Size) => Math.log2(width * height) / 2,
  aspect: ({ width, height }: Size) => Math.log2(width / height),
} as const;

type SizeMeasure = keyof typeof sizeMeasures;

/**
 * How far a picture's size is from those of the reference by one measure: doublings, 0..16, within
 * which 0.5 % of its pictures lie. Told by the nearest ones, it holds where all have one size, a few
 * sizes, or each its own.
 */
export function distanceToSizes({ format, profile }: ComparedFormat, by: SizeMeasure): number {
  const { positions, sizes, sampled } = linesOf(profile)[by];
  const { facts, counted = false } = format;
  const place = sizeMeasures[by](facts);
  // A picture of the reference is no neighbour of itself.
  let missing = Math.max(1, Math.ceil(nearShare * sampled)) + Number(counted);
  let above = firstAtLeast(positions, place);
  let below = above - 1;
  while (below >= 0 || above < positions.length) {
    const down = place - (positions[below] ?? -Infinity);
    const up = (positions[above] ?? Infinity) - place;
    const at = down < up ? below-- : above++;
    missing -= sizes[at]?.pictures ?? 0;
    if (missing > 0) continue;
    const { width, height } = sizes[at] ?? facts;
    // A pixel of rounding is no difference.
    const rounding = Math.log2(1 + 1 / Math.min(facts.width, facts.height, width, height));
    return Math.max(0, Math.min(mostDoublings, down, up) - rounding);
  }
  return mostDoublings;
}

/** '240 x 160 pixels as in 0 of 50 reference pictures (most often 481 x 321: 35)'. */
export function sizeWords({ width, height }: Size, profile: FormatProfile): string {
  const { sizes, pictures } = profile;
  const { sampled } = linesOf(profile).side;
  const count = (size: SizeCount | undefined) =>
    sampled === pictures
      ? (size?.pictures ?? 0).toLocaleString('en-US')
      : `about ${Math.round(((size?.pictures ?? 0) * pictures) / sampled).toLocaleString('en-US')}`;
  const same = sizes.find((size) => size.width === width && size.height === height);
  const own = `${width} x ${height} pixels as in ${count(same)} of ${pictures.toLocaleString('en-US')} reference pictures`;
  const usual = sizes[0];
  return usual === undefined || usual === same
    ? own
    : `${own} (most often ${usual.width} x ${usual.height}: ${count(usual)})`;
}

/** Sizes in the order of a measure. */
interface SizeLine {
  /** Doublings, ascending. */
  readonly positions: Float64Array;
  /** In the same order. */
  readonly sizes: readonly SizeCount[];
  /** Pictures of all sizes that were kept. */
  readonly sampled: number;
}

// A profile never changes, and is asked at every event.
const known = new WeakMap<FormatProfile, Readonly<Record<SizeMeasure, SizeLine>>>();

function linesOf(profile: FormatProfile): Readonly<Record<SizeMeasure, SizeLine>> {
  let lines = known.get(profile);
  if (lines === undefined) {
    lines = { side: lineOf(profile, 'side'), aspect: lineOf(profile, 'aspect') };
    known.set(profile, lines);
  }
  return lines;
}

function lineOf(profile: FormatProfile, by: SizeMeasure): SizeLine {
  const place = sizeMeasures[by];
  const sizes = profile.sizes.toSorted((a, b) => place(a) - place(b));
  return {
    positions: Float64Array.from(sizes, place),
    sizes,
    sampled: sizes.reduce((sum, { pictures }) => sum + pictures, 0),
  };
}

function firstAtLeast(ascending: Float64Array, value: number): number {
  let from = 0;
  let to = ascending.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((ascending[middle] ?? Infinity) < value) from = middle + 1;
    else to = middle;
  }
  return from;
}
