import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPlane } from '../../test/fixtures/draw-picture.js';
import { compileKernel } from '../../scripts/kernels/compile.mjs';
import type { PixelPlane } from './decoded-image.js';
import { resizeKernelBinary } from './resize-kernel-binary.js';
import { resizeRegion } from './resize-kernel.js';
import type { Interpolation, PlaneRegion } from './resize-kernel.js';

const side = fc.integer({ min: 1, max: 60 });
const interpolations = fc.constantFrom<Interpolation[]>('bicubic', 'bilinear');

const planes = fc
  .record({ width: side, height: side, seed: fc.integer() })
  .map(({ width, height, seed }) =>
    drawPlane(width, height, (x, y) => [
      (x * 37 + seed) & 255,
      (y * y * 11 + seed) & 255,
      ((x ^ y) * 91) & 255,
    ]),
  );

const regions = planes.chain((plane) =>
  fc
    .record({
      left: fc.integer({ min: 0, max: plane.width - 1 }),
      top: fc.integer({ min: 0, max: plane.height - 1 }),
    })
    .chain(({ left, top }) =>
      fc.record({
        plane: fc.constant(plane),
        region: fc.record({
          left: fc.constant(left),
          top: fc.constant(top),
          width: fc.integer({ min: 1, max: plane.width - left }),
          height: fc.integer({ min: 1, max: plane.height - top }),
        }),
      }),
    ),
);

describe('resizeRegion', () => {
  it('weighs pixels as the filter says, within rounding', () => {
    fc.assert(
      fc.property(regions, side, side, interpolations, ({ plane, region }, width, height, by) => {
        const resized = resizeRegion(plane, region, { width, height }, by);
        const exact = plainResize(plane, region, width, height, by);
        // Rows are rounded before columns are mixed, and weights are whole.
        const off = resized.map((level, at) => Math.abs(level - (exact[at] ?? -100)));
        expect(Math.max(...off)).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('leaves a region as it is where its size stays', () => {
    fc.assert(
      fc.property(regions, interpolations, ({ plane, region }, by) => {
        const same = drawPlane(region.width, region.height, (x, y) => {
          const at = 3 * ((y + region.top) * plane.width + x + region.left);
          return [plane.rgb[at] ?? 0, plane.rgb[at + 1] ?? 0, plane.rgb[at + 2] ?? 0];
        });
        expect(resizeRegion(plane, region, region, by)).toEqual(same.rgb);
      }),
    );
  });

  it('leaves a uniform picture uniform, at the ends of the range too', () => {
    fc.assert(
      fc.property(side, side, side, interpolations, (width, height, to, by) => {
        for (const level of [0, 1, 128, 254, 255]) {
          const plane = drawPlane(width, height, () => [level, level, level]);
          const region = { left: 0, top: 0, width, height };
          const resized = resizeRegion(plane, region, { width: to, height: to }, by);
          expect(resized.every((value) => value === level)).toBe(true);
        }
      }),
    );
  });

  it('is not disturbed by a larger picture before it', () => {
    const small = drawPlane(9, 7, (x, y) => [x * 20, y * 30, 5]);
    const region = { left: 1, top: 1, width: 8, height: 6 };
    const before = resizeRegion(small, region, { width: 5, height: 5 }, 'bicubic');
    const large = drawPlane(900, 800, () => [255, 255, 255]);
    resizeRegion(
      large,
      { left: 0, top: 0, width: 900, height: 800 },
      { width: 700, height: 640 },
      'bicubic',
    );
    expect(resizeRegion(small, region, { width: 5, height: 5 }, 'bicubic')).toEqual(before);
  });

  // Compiling takes its time on a busy machine.
  it('is what its source compiles to', async () => {
    expect(Buffer.from(await compileKernel('resize-kernel')).equals(resizeKernelBinary)).toBe(true);
  }, 60_000);
});

/** The same in the plainest way, in floating point. */
function plainResize(
  { width: stride, rgb }: PixelPlane,
  region: PlaneRegion,
  width: number,
  height: number,
  by: Interpolation,
): number[] {
  const rows = plainWeights(region.height, height, by);
  const columns = plainWeights(region.width, width, by);
  const resized: number[] = [];
  for (const row of rows) {
    // Rounded and clamped after each direction, as every level of 8 bits is.
    const mixed = Array.from({ length: region.width * 3 }, (_, at) =>
      level(row, (y) => rgb[3 * ((y + region.top) * stride + region.left) + at] ?? 0),
    );
    for (const column of columns) {
      for (let channel = 0; channel < 3; channel += 1) {
        resized.push(level(column, (x) => mixed[3 * x + channel] ?? 0));
      }
    }
  }
  return resized;
}

type Weights = ReadonlyMap<number, number>;

function level(weights: Weights, at: (index: number) => number): number {
  let sum = 0;
  for (const [index, weight] of weights) sum += weight * at(index);
  return Math.min(255, Math.max(0, Math.round(sum)));
}

/** Per output pixel, what each input pixel weighs; beyond the edge, the edge does. */
function plainWeights(from: number, to: number, by: Interpolation): Weights[] {
  const widened = Math.max(1, from / to);
  return Array.from({ length: to }, (_, at) => {
    const centre = ((at + 0.5) * from) / to - 0.5;
    const weights = new Map<number, number>();
    let sum = 0;
    for (
      let index = Math.floor(centre - 2 * widened);
      index <= centre + 2 * widened + 1;
      index += 1
    ) {
      const weight = filterOf(by, Math.abs(index - centre) / widened);
      const inside = Math.min(from - 1, Math.max(0, index));
      weights.set(inside, (weights.get(inside) ?? 0) + weight);
      sum += weight;
    }
    return new Map([...weights].map(([index, weight]) => [index, weight / sum]));
  });
}

/** Keys 1981, a = -0.5; the triangle. */
function filterOf(by: Interpolation, x: number): number {
  if (by === 'bilinear') return Math.max(0, 1 - x);
  if (x < 1) return 1.5 * x ** 3 - 2.5 * x ** 2 + 1;
  return x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0;
}
