/**
 * Products of a matrix with a vector or its roots, in AssemblyScript with 128-bit SIMD, for
 * src/score/row-products.ts. `npm run build:kernels` compiles it.
 */

/**
 * `rows` rows of `width` floats at `matrix`, and `width` floats at `vector`; one float a row into
 * `into`. `width` is a multiple of eight (zeros fill up). Four rows at a time, so that the vector
 * is read a fourth as often, in eight sums each, so that rounding stays small.
 */
export function multiply(
  matrix: usize,
  rows: i32,
  width: i32,
  vector: usize,
  into: usize,
): void {
  const stride = 4 * width;
  const end = vector + stride;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    let row0 = matrix + row * stride;
    let row1 = row0 + stride;
    let row2 = row1 + stride;
    let row3 = row2 + stride;
    let even0 = f32x4.splat(0);
    let even1 = f32x4.splat(0);
    let even2 = f32x4.splat(0);
    let even3 = f32x4.splat(0);
    let odd0 = f32x4.splat(0);
    let odd1 = f32x4.splat(0);
    let odd2 = f32x4.splat(0);
    let odd3 = f32x4.splat(0);
    for (let at = vector; at < end; at += 32) {
      const first = v128.load(at);
      const second = v128.load(at + 16);
      even0 = f32x4.add(even0, f32x4.mul(first, v128.load(row0)));
      odd0 = f32x4.add(odd0, f32x4.mul(second, v128.load(row0 + 16)));
      even1 = f32x4.add(even1, f32x4.mul(first, v128.load(row1)));
      odd1 = f32x4.add(odd1, f32x4.mul(second, v128.load(row1 + 16)));
      even2 = f32x4.add(even2, f32x4.mul(first, v128.load(row2)));
      odd2 = f32x4.add(odd2, f32x4.mul(second, v128.load(row2 + 16)));
      even3 = f32x4.add(even3, f32x4.mul(first, v128.load(row3)));
      odd3 = f32x4.add(odd3, f32x4.mul(second, v128.load(row3 + 16)));
      row0 += 32;
      row1 += 32;
      row2 += 32;
      row3 += 32;
    }
    store<f32>(into + 4 * row, sumOf(f32x4.add(even0, odd0)));
    store<f32>(into + 4 * row + 4, sumOf(f32x4.add(even1, odd1)));
    store<f32>(into + 4 * row + 8, sumOf(f32x4.add(even2, odd2)));
    store<f32>(into + 4 * row + 12, sumOf(f32x4.add(even3, odd3)));
  }
  for (; row < rows; row += 1) {
    let from = matrix + row * stride;
    let even = f32x4.splat(0);
    let odd = f32x4.splat(0);
    for (let at = vector; at < end; at += 32) {
      even = f32x4.add(even, f32x4.mul(v128.load(at), v128.load(from)));
      odd = f32x4.add(odd, f32x4.mul(v128.load(at + 16), v128.load(from + 16)));
      from += 32;
    }
    store<f32>(into + 4 * row, sumOf(f32x4.add(even, odd)));
  }
}

/**
 * The square root of each of `width` floats, with the sign of the float, into `into`; returns the
 * sum of what they were without their signs.
 */
export function signedRoots(from: usize, width: i32, into: usize): f32 {
  const signs = i32x4.splat(0x8000_0000);
  const end = from + 4 * width;
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  for (; from < end; from += 32) {
    const first = v128.load(from);
    const second = v128.load(from + 16);
    const firstSize = f32x4.abs(first);
    const secondSize = f32x4.abs(second);
    even = f32x4.add(even, firstSize);
    odd = f32x4.add(odd, secondSize);
    v128.store(into, v128.or(f32x4.sqrt(firstSize), v128.and(first, signs)));
    v128.store(into + 16, v128.or(f32x4.sqrt(secondSize), v128.and(second, signs)));
    into += 32;
  }
  return sumOf(f32x4.add(even, odd));
}

function sumOf(four: v128): f32 {
  return (
    f32x4.extract_lane(four, 0) +
    f32x4.extract_lane(four, 1) +
    (f32x4.extract_lane(four, 2) + f32x4.extract_lane(four, 3))
  );
}
