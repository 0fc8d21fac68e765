import type { PixelPlane } from './decoded-image.js';
import { layOut, openKernel } from './kernel-memory.js';
import { resizeKernelBinary } from './resize-kernel-binary.js';

export type Interpolation = 'bicubic' | 'bilinear';

/** Whole pixels, inside the plane; every side is 1 or more. */
export interface PlaneRegion {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Along one side: per pixel of the output, where its taps start and what they weigh. */
interface Taps {
  readonly count: number;
  readonly starts: Int32Array;
  /** 16,384ths, which add up to one. */
  readonly weights: Int16Array;
}

const one = 16_384;
const pointerBytes = 4;
/** Pictures of one camera have one size; those of a folder may have any. */
const keptTaps = 64;
const known = new Map<string, Taps>();

const kernel = openKernel<'resize'>(resizeKernelBinary);
const { memory } = kernel;

/**
 * Cuts a region out of a plane and resamples it to `width * height`, row-major RGB of 8 bits.
 * Separable, rows first; the filter (Keys 1981 with a = -0.5, or a triangle) is widened where the
 * picture shrinks, so that it averages instead of skipping pixels, and the region's edge is
 * repeated beyond it. Some ten times as fast as a call of sharp for a picture of 224 x 224.
 */
export function resizeRegion(
  plane: PixelPlane,
  region: PlaneRegion,
  { width, height }: { readonly width: number; readonly height: number },
  interpolation: Interpolation,
): Uint8Array<ArrayBuffer> {
  const rows = tapsFor(region.height, height, interpolation);
  const columns = tapsFor(region.width, width, interpolation);
  const stride = 3 * plane.width;
  const pad = columns.count;

  const { area, reserve } = layOut(memory);
  const rowStarts = area(rows.starts.byteLength);
  const rowWeights = area(rows.weights.byteLength);
  const columnStarts = area(columns.starts.byteLength);
  const columnWeights = area(columns.weights.byteLength);
  const pointers = area(pointerBytes * rows.count);
  const row = area(3 * (region.width + 2 * pad));
  const into = area(3 * width * height);
  const source = area(stride * region.height);
  reserve();
  new Int32Array(memory.buffer, rowStarts).set(rows.starts);
  new Int16Array(memory.buffer, rowWeights).set(rows.weights);
  new Int32Array(memory.buffer, columnStarts).set(columns.starts);
  new Int16Array(memory.buffer, columnWeights).set(columns.weights);
  const first = region.top * stride;
  new Uint8Array(memory.buffer, source).set(
    plane.rgb.subarray(first, first + stride * region.height),
  );

  kernel.resize(
    source + 3 * region.left,
    ...[stride, region.width, region.height, width, height],
    ...[rowStarts, rowWeights, rows.count, columnStarts, columnWeights, columns.count],
    ...[pad, pointers, row, into],
  );
  return new Uint8Array(memory.buffer, into, 3 * width * height).slice();
}

function tapsFor(from: number, to: number, interpolation: Interpolation): Taps {
  const key = `${from} ${to} ${interpolation}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= keptTaps) known.clear();
  const taps = makeTaps(from, to, interpolation);
  known.set(key, taps);
  return taps;
}

function makeTaps(from: number, to: number, interpolation: Interpolation): Taps {
  const { reach, weigh } = filters[interpolation];
  const step = from / to;
  const widened = Math.max(1, step);
  const span = reach * widened;
  // Even, as the kernel takes them in pairs.
  const count = 2 * Math.ceil((2 * span + 1) / 2);
  const starts = new Int32Array(to);
  const weights = new Int16Array(to * count);
  for (let at = 0; at < to; at += 1) {
    const centre = (at + 0.5) * step - 0.5;
    const start = Math.ceil(centre - span);
    starts[at] = start;
    const exact = Array.from({ length: count }, (_, tap) =>
      weigh((start + tap - centre) / widened),
    );
    weights.set(wholeWeights(exact), at * count);
  }
  return { count, starts, weights };
}

/** Rounded so that they add up to one: a uniform picture stays as it is. */
function wholeWeights(exact: readonly number[]): number[] {
  const sum = exact.reduce((total, weight) => total + weight, 0);
  const whole = exact.map((weight) => Math.round((one * weight) / sum));
  const missing = one - whole.reduce((total, weight) => total + weight, 0);
  const largest = whole.indexOf(Math.max(...whole));
  return whole.map((weight, at) => (at === largest ? weight + missing : weight));
}

const filters: Readonly<
  Record<Interpolation, { readonly reach: number; readonly weigh: (distance: number) => number }>
> = {
  bilinear: { reach: 1, weigh: (distance) => Math.max(0, 1 - Math.abs(distance)) },
  bicubic: {
    reach: 2,
    weigh: (distance) => {
      const x = Math.abs(distance);
      if (x >= 2) return 0;
      return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
    },
  },
};
