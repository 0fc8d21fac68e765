import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../scripts/kernels/compile.mjs';
import type { PixelPlane } from '../image/decoded-image.js';
import { lumaOf } from '../image/luma.js';
import { planeKernelBinary } from './plane-kernel-binary.js';
import { coarseStep, countPlane, darkSquare, grainSquare } from './plane-kernel.js';
import type { PlaneCounts } from './plane-kernel.js';

const planes = fc
  .record({ width: fc.integer({ min: 1, max: 50 }), height: fc.integer({ min: 1, max: 50 }) })
  .chain(({ width, height }) =>
    fc
      .oneof(
        fc.uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 }),
        // The ends of the range, where sums would overflow.
        fc
          .array(fc.constantFrom(0, 255), { minLength: 64, maxLength: 64 })
          .map((few) =>
            Uint8Array.from({ length: width * height * 3 }, (_, at) => few[(at * 7) % 64] ?? 0),
          ),
        // About the levels that part saturated from kept, and small from large steps.
        fc
          .array(fc.constantFrom(200, 212, 242, 243, 253, 254, 255), {
            minLength: 61,
            maxLength: 61,
          })
          .map((few) =>
            Uint8Array.from({ length: width * height * 3 }, (_, at) => few[(at * 7) % 61] ?? 0),
          ),
      )
      .map((rgb): PixelPlane => ({ width, height, rgb })),
  );

describe('countPlane', () => {
  it('counts and sums what plain loops do', () => {
    fc.assert(
      fc.property(planes, fc.integer({ min: 1, max: 8 }), (plane, most) => {
        const across = Math.min(most, plane.width);
        const down = Math.min(8, plane.height);
        expect(countPlane(plane, across, down)).toEqual(plainCounts(plane, across, down));
      }),
      { numRuns: 25 },
    );
    // Plain loops take their time on a busy machine.
  }, 60_000);

  it('holds planes beyond its first memory, and small ones after them', () => {
    const large = plane(460, 340);
    expect(countPlane(large, 8, 8)).toEqual(plainCounts(large, 8, 8));
    const small = plane(3, 2);
    expect(countPlane(small, 3, 2)).toEqual(plainCounts(small, 3, 2));
  });
});

describe('the kernel', () => {
  // Compiling takes its time on a busy machine.
  it('is what its source compiles to', async () => {
    expect(Buffer.from(await compileKernel('plane-kernel')).equals(planeKernelBinary)).toBe(true);
  }, 60_000);
});

function plane(width: number, height: number): PixelPlane {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * at * 31 + at) >> 3);
  return { width, height, rgb };
}

/** The same in the plainest way. */
function plainCounts(plane: PixelPlane, across: number, down: number): PlaneCounts {
  const { width, height, rgb } = plane;
  const luma = lumaOf(plane);
  const tiles = new Uint32Array(256 * across * down);
  const brightest = new Uint32Array(256);
  luma.forEach((level, at) => {
    const column = Math.floor(((at % width) * across) / width);
    const row = Math.floor((Math.floor(at / width) * down) / height);
    add(tiles, (row * across + column) * 256 + level);
    add(brightest, Math.max(...rgb.subarray(3 * at, 3 * at + 3)));
  });
  const coarse = { width: Math.floor(width / coarseStep), height: Math.floor(height / coarseStep) };
  return {
    tiles,
    brightest,
    fineSlopes: slopes(width, height, (x, y) => luma[y * width + x] ?? 0),
    coarseSlopes: slopes(coarse.width, coarse.height, (x, y) =>
      sumOver(coarseStep, (i, j) => luma[(y * coarseStep + j) * width + x * coarseStep + i] ?? 0),
    ),
    cutEdges: plainCutEdges(plane),
    stuckPairs: plainStuckPairs(plane),
    colours: [0, 1, 2].map((channel) =>
      rgb.reduce((sum, value, at) => (at % 3 === channel ? sum + value : sum), 0),
    ),
    darkest: plainDarkest(plane),
    gridAcross: plainGrid(width, height, (x, y) =>
      x < 8 || x >= (width & ~7) ? undefined : [x, step(luma, y * width + x, 1)],
    ),
    gridDown: plainGrid(width, height, (x, y) =>
      y < 8 || y >= (height & ~7) || x >= (width & ~7)
        ? undefined
        : [y, step(luma, y * width + x, width)],
    ),
    grain: plainGrain(luma, width, height),
  };
}

function slopes(width: number, height: number, at: (x: number, y: number) => number): number[] {
  const weights = [1, 2, 1];
  const sums = [0, 0, 0];
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      let [across, down] = [0, 0];
      weights.forEach((weight, k) => {
        across += weight * (at(x + 1, y + k - 1) - at(x - 1, y + k - 1));
        down += weight * (at(x + k - 1, y + 1) - at(x + k - 1, y - 1));
      });
      [across ** 2, down ** 2, across * down].forEach((value, which) => {
        sums[which] = (sums[which] ?? 0) + value;
      });
    }
  }
  return sums;
}

function plainCutEdges({ width, height, rgb }: PixelPlane): number {
  let edges = 0;
  const compare = (a: number, b: number) => {
    const [one, other] = [rgb[a] ?? 0, rgb[b] ?? 0];
    if (Math.max(one, other) >= 254 && Math.min(one, other) <= 242) edges += 1;
  };
  for (let at = 0; at < rgb.length; at += 1) {
    if (Math.floor(at / 3) % width < width - 1) compare(at, at + 3);
    if (Math.floor(at / 3 / width) < height - 1) compare(at, at + 3 * width);
  }
  return edges;
}

function plainStuckPairs({ width, height, rgb }: PixelPlane): number {
  let pairs = 0;
  const compare = (...two: readonly [number, number]) => {
    const pixels = two.map((at) => rgb.subarray(at, at + 3));
    const [one = 0, other = 0] = pixels.map((pixel) => Math.min(...pixel));
    const full = pixels.every((pixel) => Math.max(...pixel) >= 254);
    if (full && Math.max(one, other) < 254 && Math.abs(one - other) >= 12) pairs += 1;
  };
  for (let at = 0; at < rgb.length; at += 3) {
    if ((at / 3) % width < width - 1) compare(at, at + 3);
    if (Math.floor(at / 3 / width) < height - 1) compare(at, at + 3 * width);
  }
  return pairs;
}

function plainGrain(luma: Uint8Array, width: number, height: number): Int32Array {
  const across = Math.max(0, Math.floor((width - 2) / grainSquare));
  const down = Math.max(0, Math.floor((height - 2) / grainSquare));
  const bend = [1, -2, 1];
  return Int32Array.from({ length: across * down }, (_, square) => {
    const left = (square % across) * grainSquare;
    const top = Math.floor(square / across) * grainSquare;
    return sumOver(grainSquare, (x, y) => {
      const answer = sumOver(3, (i, j) => {
        const level = luma[(top + y + j) * width + left + x + i] ?? 0;
        return (bend[i] ?? 0) * (bend[j] ?? 0) * level;
      });
      return answer ** 2;
    });
  });
}

function step(luma: Uint8Array, at: number, back: number): number {
  return Math.abs((luma[at] ?? 0) - (luma[at - back] ?? 0));
}

function plainGrid(
  width: number,
  height: number,
  stepAt: (x: number, y: number) => readonly [number, number] | undefined,
): number[] {
  const sums = Array<number>(8).fill(0);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [place, size] = stepAt(x, y) ?? [0, 0];
      sums[place % 8] = (sums[place % 8] ?? 0) + size;
    }
  }
  return sums;
}

function plainDarkest({ width, height, rgb }: PixelPlane): Uint8Array {
  const across = Math.floor(width / darkSquare);
  const down = Math.floor(height / darkSquare);
  const squares = new Uint8Array(across * down).fill(255);
  for (let at = 0; at < width * height; at += 1) {
    const column = Math.floor((at % width) / darkSquare);
    const row = Math.floor(Math.floor(at / width) / darkSquare);
    if (column >= across || row >= down) continue;
    const square = row * across + column;
    squares[square] = Math.min(squares[square] ?? 0, ...rgb.subarray(3 * at, 3 * at + 3));
  }
  return squares;
}

function sumOver(side: number, of: (x: number, y: number) => number): number {
  let sum = 0;
  for (let y = 0; y < side; y += 1) for (let x = 0; x < side; x += 1) sum += of(x, y);
  return sum;
}

function add(counts: Uint32Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}
