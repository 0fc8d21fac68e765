/**
 * Separable resampling of interleaved RGB, in AssemblyScript with 128-bit SIMD, for
 * src/image/resize-kernel.ts. `npm run build:kernels` compiles it. Whole numbers only, so that the
 * result is the same on every machine.
 */

/** Weights are in 16,384ths. */
const weightBits = 14;

/**
 * Cuts `width * height` pixels whose first one is at `rgb`, in rows of `stride` bytes, and
 * resamples them to `outWidth * outHeight`. Per row and column of the output: where its taps
 * start (i32; may lie outside, where the edge is repeated), and its weights (i16, an even number
 * of taps). `pointers` holds one address per tap down, `row` a row with `pad` pixels on either
 * side. Areas have 16 bytes to spare behind them.
 */
export function resize(
  rgb: usize,
  stride: i32,
  width: i32,
  height: i32,
  outWidth: i32,
  outHeight: i32,
  rowStarts: usize,
  rowWeights: usize,
  rowTaps: i32,
  columnStarts: usize,
  columnWeights: usize,
  columnTaps: i32,
  pad: i32,
  pointers: usize,
  row: usize,
  into: usize,
): void {
  const pixels = row + 3 * pad;
  for (let y = 0; y < outHeight; y += 1) {
    const start = load<i32>(rowStarts + 4 * y);
    for (let tap = 0; tap < rowTaps; tap += 1) {
      const from = min(max(start + tap, 0), height - 1);
      store<usize>(pointers + sizeof<usize>() * tap, rgb + from * stride);
    }
    mixRows(pointers, rowWeights + 2 * y * rowTaps, rowTaps, 3 * width, pixels);
    repeatEdges(pixels, width, pad);
    mixColumns(
      pixels,
      columnStarts,
      columnWeights,
      columnTaps,
      outWidth,
      into + 3 * y * outWidth,
    );
  }
}

/** One row of the output's height: the weighted sum of rows, byte by byte. */
function mixRows(pointers: usize, weights: usize, taps: i32, bytes: i32, into: usize): void {
  const half = i32x4.splat(1 << (weightBits - 1));
  for (let at = 0; at < bytes; at += 8) {
    let low = half;
    let high = half;
    for (let tap = 0; tap < taps; tap += 2) {
      const upper = v128.load8x8_u(load<usize>(pointers + sizeof<usize>() * tap) + at);
      const lower = v128.load8x8_u(load<usize>(pointers + sizeof<usize>() * (tap + 1)) + at);
      const pair = v128.load32_splat(weights + 2 * tap);
      low = i32x4.add(
        low,
        i32x4.dot_i16x8_s(v128.shuffle<i16>(upper, lower, 0, 8, 1, 9, 2, 10, 3, 11), pair),
      );
      high = i32x4.add(
        high,
        i32x4.dot_i16x8_s(v128.shuffle<i16>(upper, lower, 4, 12, 5, 13, 6, 14, 7, 15), pair),
      );
    }
    const levels = i16x8.narrow_i32x4_s(
      i32x4.shr_s(low, weightBits),
      i32x4.shr_s(high, weightBits),
    );
    v128.store64_lane(into + at, i8x16.narrow_i16x8_u(levels, levels), 0);
  }
}

function repeatEdges(pixels: usize, width: i32, pad: i32): void {
  const last = pixels + 3 * (width - 1);
  for (let at = 1; at <= pad; at += 1) {
    memory.copy(pixels - 3 * at, pixels, 3);
    memory.copy(last + 3 * at, last, 3);
  }
}

/** One row of the output: the weighted sums of pixels. */
function mixColumns(
  pixels: usize,
  starts: usize,
  weights: usize,
  taps: i32,
  outWidth: i32,
  into: usize,
): void {
  const half = i32x4.splat(1 << (weightBits - 1));
  let weight = weights;
  for (let x = 0; x < outWidth; x += 1) {
    const from = pixels + 3 * load<i32>(starts + 4 * x);
    let sum = half;
    for (let tap = 0; tap < taps; tap += 2) {
      // Two pixels: R R, G G, B B.
      const two = i8x16.swizzle(
        v128.load64_zero(from + 3 * tap),
        i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1),
      );
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(two, v128.load32_splat(weight)));
      weight += 4;
    }
    const levels = i16x8.narrow_i32x4_s(i32x4.shr_s(sum, weightBits), half);
    // The fourth byte is the next pixel's, which comes after it.
    v128.store32_lane(into + 3 * x, i8x16.narrow_i16x8_u(levels, levels), 0);
  }
}
