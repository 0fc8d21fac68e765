/**
 * The loops over the pixels of a working plane, in AssemblyScript with 128-bit SIMD: what
 * src/score/plane-statistics.ts counts and sums, some ten times as fast as in JavaScript. Whole
 * numbers only, so that the results are the same on every machine. `npm run build:kernels` puts
 * the compiled module into src/score/plane-kernel-binary.ts.
 *
 * All arguments are addresses in the module's memory, or sizes. The caller lays the memory out,
 * with 32 bytes to spare behind each area, for the last step of a loop may read or write past it.
 */

/**
 * Of `pixels` interleaved RGB pixels: ITU-R BT.709 luma, the brightest and the darkest channel;
 * and the sums of R, G and B, as three u32.
 */
export function channels(
  rgb: usize,
  pixels: i32,
  luma: usize,
  brightest: usize,
  darkest: usize,
  sums: usize,
): void {
  let reds = i32x4.splat(0);
  let greens = reds;
  let blues = reds;
  const whole = pixels & ~15;
  for (let at = 0; at < pixels; at += 16) {
    const from = rgb + 3 * at;
    let lumas = reds;
    let maxima = reds;
    let minima = reds;
    let lumaHalf = reds;
    let maxHalf = reds;
    let minHalf = reds;
    for (let pair = 0; pair < 2; pair += 1) {
      const first = v128.load(from + 24 * pair);
      const second = v128.load(from + 24 * pair + 12);
      const red = i16x8.narrow_i32x4_u(redOf(first), redOf(second));
      const green = i16x8.narrow_i32x4_u(greenOf(first), greenOf(second));
      const blue = i16x8.narrow_i32x4_u(blueOf(first), blueOf(second));
      if (at < whole) {
        reds = i32x4.add(reds, i32x4.extadd_pairwise_i16x8_u(red));
        greens = i32x4.add(greens, i32x4.extadd_pairwise_i16x8_u(green));
        blues = i32x4.add(blues, i32x4.extadd_pairwise_i16x8_u(blue));
      }
      lumas = i16x8.narrow_i32x4_u(weighed(first), weighed(second));
      maxima = i16x8.max_u(i16x8.max_u(red, green), blue);
      minima = i16x8.min_u(i16x8.min_u(red, green), blue);
      if (pair == 0) {
        lumaHalf = lumas;
        maxHalf = maxima;
        minHalf = minima;
      }
    }
    v128.store(luma + at, i8x16.narrow_i16x8_u(lumaHalf, lumas));
    v128.store(brightest + at, i8x16.narrow_i16x8_u(maxHalf, maxima));
    v128.store(darkest + at, i8x16.narrow_i16x8_u(minHalf, minima));
  }
  let red = <u32>total(reds);
  let green = <u32>total(greens);
  let blue = <u32>total(blues);
  for (let at = whole; at < pixels; at += 1) {
    red += load<u8>(rgb + 3 * at);
    green += load<u8>(rgb + 3 * at + 1);
    blue += load<u8>(rgb + 3 * at + 2);
  }
  store<u32>(sums, red);
  store<u32>(sums + 4, green);
  store<u32>(sums + 8, blue);
}

// @ts-ignore: decorators of AssemblyScript
@inline
function redOf(four: v128): v128 {
  return i8x16.swizzle(four, i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1));
}

// @ts-ignore: decorators of AssemblyScript
@inline
function greenOf(four: v128): v128 {
  return i8x16.swizzle(four, i8x16(1, -1, -1, -1, 4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1));
}

// @ts-ignore: decorators of AssemblyScript
@inline
function blueOf(four: v128): v128 {
  return i8x16.swizzle(four, i8x16(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1));
}

// @ts-ignore: decorators of AssemblyScript
@inline
function weighed(four: v128): v128 {
  const sum = i32x4.add(
    i32x4.add(
      i32x4.mul(redOf(four), i32x4.splat(13933)),
      i32x4.mul(greenOf(four), i32x4.splat(46871)),
    ),
    i32x4.add(i32x4.mul(blueOf(four), i32x4.splat(4732)), i32x4.splat(32768)),
  );
  return i32x4.shr_u(sum, 16);
}

/**
 * Counts `length` bytes by their value, into two tables of 256 u32 in turn: neighbouring pixels
 * are alike, and counted in two places they do not wait for each other.
 */
export function count(values: usize, length: i32, even: usize, odd: usize): void {
  const end = values + (length & ~3);
  let at = values;
  for (; at < end; at += 4) {
    const four = load<u32>(at);
    increment(even, four & 255);
    increment(odd, (four >> 8) & 255);
    increment(even, (four >> 16) & 255);
    increment(odd, four >> 24);
  }
  for (const last = values + length; at < last; at += 1) increment(even, load<u8>(at));
}

// @ts-ignore: decorators of AssemblyScript
@inline
function increment(table: usize, value: u32): void {
  const bin = table + (value << 2);
  store<u32>(bin, load<u32>(bin) + 1);
}

/**
 * One histogram of luma per tile, row-major, `across * down` tables of 256 u32, which are added
 * to; `scratch` holds `2 * across` such tables, all zero, and is left so.
 */
export function tiles(
  luma: usize,
  width: i32,
  height: i32,
  across: i32,
  down: i32,
  scratch: usize,
  into: usize,
): void {
  for (let row = 0; row < down; row += 1) {
    const top = (row * height + down - 1) / down;
    const bottom = ((row + 1) * height + down - 1) / down;
    for (let y = top; y < bottom; y += 1) {
      let left = 0;
      for (let column = 0; column < across; column += 1) {
        const right = ((column + 1) * width + across - 1) / across;
        const even = scratch + 2048 * column;
        count(luma + y * width + left, right - left, even, even + 1024);
        left = right;
      }
    }
    for (let column = 0; column < across; column += 1) {
      const from = scratch + 2048 * column;
      const to = into + 1024 * (row * across + column);
      for (let bin = 0; bin < 1024; bin += 16) {
        const sum = i32x4.add(v128.load(from + bin), v128.load(from + 1024 + bin));
        v128.store(to + bin, i32x4.add(v128.load(to + bin), sum));
      }
      memory.fill(from, 0, 2048);
    }
  }
}

/**
 * Sobel's differences over the pixels that have all eight neighbours: the sums of the squares
 * across and down, and of their product, as three i64; eight times the slope, squared.
 */
export function slopes(luma: usize, width: i32, height: i32, into: usize): void {
  let across: i64 = 0;
  let down: i64 = 0;
  let product: i64 = 0;
  const end = width - 1;
  for (let y = 1; y < height - 1; y += 1) {
    const line = luma + y * width;
    let acrosses = i32x4.splat(0);
    let downs = acrosses;
    let products = acrosses;
    let x = 1;
    for (; x + 8 <= end; x += 8) {
      const at = line + x;
      const aboveBefore = v128.load8x8_u(at - width - 1);
      const aboveAfter = v128.load8x8_u(at - width + 1);
      const belowBefore = v128.load8x8_u(at + width - 1);
      const belowAfter = v128.load8x8_u(at + width + 1);
      // The two diagonals are in both differences.
      const falling = i16x8.sub(belowAfter, aboveBefore);
      const rising = i16x8.sub(aboveAfter, belowBefore);
      const level = i16x8.sub(v128.load8x8_u(at + 1), v128.load8x8_u(at - 1));
      const upright = i16x8.sub(v128.load8x8_u(at + width), v128.load8x8_u(at - width));
      const gx = i16x8.add(i16x8.add(falling, rising), i16x8.shl(level, 1));
      const gy = i16x8.add(i16x8.sub(falling, rising), i16x8.shl(upright, 1));
      acrosses = plusSquares(acrosses, gx);
      downs = plusSquares(downs, gy);
      products = i32x4.add(products, i32x4.dot_i16x8_s(gx, gy));
    }
    for (; x < end; x += 1) {
      const at = line + x;
      const falling = <i32>load<u8>(at + width + 1) - <i32>load<u8>(at - width - 1);
      const rising = <i32>load<u8>(at - width + 1) - <i32>load<u8>(at + width - 1);
      const level = <i32>load<u8>(at + 1) - <i32>load<u8>(at - 1);
      const upright = <i32>load<u8>(at + width) - <i32>load<u8>(at - width);
      const gx = falling + rising + 2 * level;
      const gy = falling - rising + 2 * upright;
      across += gx * gx;
      down += gy * gy;
      product += gx * gy;
    }
    across += <i64>total(acrosses);
    down += <i64>total(downs);
    product += signedTotal(products);
  }
  store<i64>(into, across);
  store<i64>(into + 8, down);
  store<i64>(into + 16, product);
}

/** As `slopes`, of i32 values up to 4,080. */
export function coarseSlopes(values: usize, width: i32, height: i32, into: usize): void {
  let across: i64 = 0;
  let down: i64 = 0;
  let product: i64 = 0;
  const line = 4 * width;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = values + 4 * (y * width + x);
      const falling = load<i32>(at + line + 4) - load<i32>(at - line - 4);
      const rising = load<i32>(at - line + 4) - load<i32>(at + line - 4);
      const level = load<i32>(at + 4) - load<i32>(at - 4);
      const upright = load<i32>(at + line) - load<i32>(at - line);
      const gx = <i64>(falling + rising + 2 * level);
      const gy = <i64>(falling - rising + 2 * upright);
      across += gx * gx;
      down += gy * gy;
      product += gx * gy;
    }
  }
  store<i64>(into, across);
  store<i64>(into + 8, down);
  store<i64>(into + 16, product);
}

/**
 * Pairs of neighbours, beside and below each other, of which one has a channel at 254 or 255 and
 * the other has it at 242 or less, counted by channel: as one u32.
 */
export function cutEdges(rgb: usize, width: i32, height: i32, into: usize): void {
  let edges = 0;
  const line = 3 * width;
  for (let y = 0; y < height; y += 1) {
    edges += cutsBetween(rgb + y * line, 3, line - 3);
    if (y + 1 < height) edges += cutsBetween(rgb + y * line, line, line);
  }
  store<u32>(into, edges);
}

// @ts-ignore: decorators of AssemblyScript
@inline
function cutsBetween(from: usize, step: i32, length: i32): i32 {
  const saturated = i8x16.splat(-2);
  const kept = i8x16.splat(-14);
  let edges = 0;
  let at = from;
  const end = from + length;
  for (; at + 16 <= end; at += 16) {
    const one = v128.load(at);
    const other = v128.load(at + step);
    const most = i8x16.max_u(one, other);
    const least = i8x16.min_u(one, other);
    edges += popcnt<i32>(
      i8x16.bitmask(v128.and(i8x16.ge_u(most, saturated), i8x16.le_u(least, kept))),
    );
  }
  for (; at < end; at += 1) {
    const one = <i32>load<u8>(at);
    const other = <i32>load<u8>(at + step);
    if (max(one, other) >= 254 && min(one, other) <= 242) edges += 1;
  }
  return edges;
}

/**
 * Pairs of neighbours, beside and below each other, whose brightest channel is at 254 or 255 in
 * both, while the darkest one, below 254 in both, steps by 12 or more: as one u32.
 */
export function stuckPairs(
  brightest: usize,
  darkest: usize,
  width: i32,
  height: i32,
  into: usize,
): void {
  const pixels = width * height;
  let pairs = stuckBetween(brightest, darkest, width, pixels - width);
  if (width > 1) {
    pairs += stuckBetween(brightest, darkest, 1, pixels - 1);
    // The last pixel of a line is no neighbour of the first one of the next.
    for (let last = width - 1; last < pixels - 1; last += width) {
      if (isStuck(brightest + last, darkest + last, 1)) pairs -= 1;
    }
  }
  store<u32>(into, pairs);
}

// @ts-ignore: decorators of AssemblyScript
@inline
function stuckBetween(brightest: usize, darkest: usize, step: i32, length: i32): i32 {
  const saturated = i8x16.splat(-2);
  const large = i8x16.splat(12);
  let pairs = 0;
  let at = 0;
  for (; at + 16 <= length; at += 16) {
    const full = i8x16.ge_u(
      i8x16.min_u(v128.load(brightest + at), v128.load(brightest + at + step)),
      saturated,
    );
    // Most of most pictures is not.
    if (!v128.any_true(full)) continue;
    const one = v128.load(darkest + at);
    const other = v128.load(darkest + at + step);
    const most = i8x16.max_u(one, other);
    const steps = i8x16.ge_u(i8x16.sub(most, i8x16.min_u(one, other)), large);
    pairs += popcnt<i32>(
      i8x16.bitmask(v128.andnot(v128.and(full, steps), i8x16.ge_u(most, saturated))),
    );
  }
  for (; at < length; at += 1) if (isStuck(brightest + at, darkest + at, step)) pairs += 1;
  return pairs;
}

function isStuck(brightest: usize, darkest: usize, step: i32): bool {
  const one = <i32>load<u8>(darkest);
  const other = <i32>load<u8>(darkest + step);
  return (
    min(load<u8>(brightest), load<u8>(brightest + step)) >= 254 &&
    max(one, other) < 254 &&
    abs(one - other) >= 12
  );
}

// @ts-ignore: decorators of AssemblyScript
@inline
function plusSquares(sums: v128, differences: v128): v128 {
  return i32x4.add(sums, i32x4.dot_i16x8_s(differences, differences));
}

// @ts-ignore: decorators of AssemblyScript
@inline
function total(sums: v128): u64 {
  return (
    <u64>(<u32>i32x4.extract_lane(sums, 0)) +
    <u64>(<u32>i32x4.extract_lane(sums, 1)) +
    <u64>(<u32>i32x4.extract_lane(sums, 2)) +
    <u64>(<u32>i32x4.extract_lane(sums, 3))
  );
}

// @ts-ignore: decorators of AssemblyScript
@inline
function signedTotal(sums: v128): i64 {
  return (
    <i64>i32x4.extract_lane(sums, 0) +
    <i64>i32x4.extract_lane(sums, 1) +
    <i64>i32x4.extract_lane(sums, 2) +
    <i64>i32x4.extract_lane(sums, 3)
  );
}

/** Sums of whole squares of 4 x 4 pixels, as i32; what is left over at the edges is dropped. */
export function squares(luma: usize, width: i32, height: i32, into: usize): void {
  const across = width >> 2;
  const down = height >> 2;
  for (let y = 0; y < down; y += 1) {
    const line = luma + 4 * y * width;
    const to = into + 4 * y * across;
    let x = 0;
    for (; x + 4 <= across; x += 4) {
      // Sixteen columns: pairs of bytes are added to i16, then pairs of those to i32.
      const at = line + 4 * x;
      const sum = i16x8.add(
        i16x8.add(pairs(at), pairs(at + width)),
        i16x8.add(pairs(at + 2 * width), pairs(at + 3 * width)),
      );
      v128.store(to + 4 * x, i32x4.extadd_pairwise_i16x8_u(sum));
    }
    for (; x < across; x += 1) {
      let sum = 0;
      for (let line4 = 0; line4 < 4; line4 += 1) {
        const four = load<u32>(line + line4 * width + 4 * x);
        sum += (four & 255) + ((four >> 8) & 255) + ((four >> 16) & 255) + (four >> 24);
      }
      store<i32>(to + 4 * x, sum);
    }
  }
}

// @ts-ignore: decorators of AssemblyScript
@inline
function pairs(at: usize): v128 {
  return i16x8.extadd_pairwise_i8x16_u(v128.load(at));
}

/**
 * Per square of 16 x 16 pixels, from the second pixel and line on: the sum of the squared
 * answers of Immerkær's mask, [1 -2 1] across times [1 -2 1] down, as i32; `across * down` of them.
 */
export function grain(luma: usize, width: i32, across: i32, down: i32, into: usize): void {
  for (let row = 0; row < down; row += 1) {
    for (let column = 0; column < across; column += 1) {
      let sums = i32x4.splat(0);
      for (let line = 0; line < 16; line += 1) {
        const at = luma + (row * 16 + line) * width + column * 16;
        for (let x = 0; x < 16; x += 8) {
          const above = bent(at + x);
          const here = bent(at + width + x);
          const below = bent(at + 2 * width + x);
          sums = plusSquares(sums, i16x8.add(i16x8.sub(above, i16x8.shl(here, 1)), below));
        }
      }
      const sum =
        i32x4.extract_lane(sums, 0) +
        i32x4.extract_lane(sums, 1) +
        i32x4.extract_lane(sums, 2) +
        i32x4.extract_lane(sums, 3);
      store<i32>(into + 4 * (row * across + column), sum);
    }
  }
}

/** Second differences of eight pixels and the two after them. */
// @ts-ignore: decorators of AssemblyScript
@inline
function bent(at: usize): v128 {
  const middle = v128.load8x8_u(at + 1);
  return i16x8.sub(
    i16x8.add(v128.load8x8_u(at), v128.load8x8_u(at + 2)),
    i16x8.shl(middle, 1),
  );
}

/** The lowest value of each square of 16 x 16, row-major, as bytes; what is left over is dropped. */
export function lowest(values: usize, width: i32, height: i32, into: usize): void {
  const across = width >> 4;
  const down = height >> 4;
  for (let row = 0; row < down; row += 1) {
    for (let column = 0; column < across; column += 1) {
      let least = i8x16.splat(-1);
      for (let line = 0; line < 16; line += 1) {
        const at = values + (16 * row + line) * width + 16 * column;
        least = i8x16.min_u(least, v128.load(at));
      }
      let value: u32 = 255;
      const low = i64x2.extract_lane(least, 0);
      const high = i64x2.extract_lane(least, 1);
      for (let shift = 0; shift < 64; shift += 8) {
        value = min(value, <u32>((low >> shift) & 255));
        value = min(value, <u32>((high >> shift) & 255));
      }
      store<u8>(into + row * across + column, <u8>value);
    }
  }
}

/**
 * Sums of the absolute steps of luma to the pixel before, by the place of the pixel in a grid of
 * eight: eight sums along the lines, then eight down the columns, as u32. From the ninth pixel on.
 */
export function grid(luma: usize, width: i32, height: i32, into: usize): void {
  let low = i32x4.splat(0);
  let high = low;
  const end = width & ~7;
  for (let y = 0; y < height; y += 1) {
    for (let x = 8; x < end; x += 8) {
      const at = luma + y * width + x;
      const steps = i16x8.abs(i16x8.sub(v128.load8x8_u(at), v128.load8x8_u(at - 1)));
      low = i32x4.add(low, i32x4.extend_low_i16x8_u(steps));
      high = i32x4.add(high, i32x4.extend_high_i16x8_u(steps));
    }
  }
  v128.store(into, low);
  v128.store(into + 16, high);
  for (let place = 0; place < 8; place += 1) store<u32>(into + 32 + 4 * place, 0);
  const bottom = height & ~7;
  for (let y = 8; y < bottom; y += 1) {
    let sum = i32x4.splat(0);
    for (let x = 0; x < end; x += 8) {
      const at = luma + y * width + x;
      const steps = i16x8.abs(i16x8.sub(v128.load8x8_u(at), v128.load8x8_u(at - width)));
      sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(steps));
    }
    const to = into + 32 + 4 * (y & 7);
    store<u32>(to, load<u32>(to) + <u32>total(sum));
  }
}
