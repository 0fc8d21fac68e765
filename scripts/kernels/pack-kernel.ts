/**
 * A model's input out of interleaved RGB, in AssemblyScript with 128-bit SIMD, for
 * src/adapters/onnx/pack-planes.ts. `npm run build:kernels` compiles it.
 */

/**
 * `count` bytes, three apart, the first at `from`: (byte * scale - mean) * factor of each, as
 * floats into `into`. Computed in 64 bits, as JavaScript does. The bytes have 16 to spare behind
 * them; nothing is written behind the floats.
 */
export function pack(
  from: usize,
  count: i32,
  scale: f64,
  mean: f64,
  factor: f64,
  into: usize,
): void {
  const scales = f64x2.splat(scale);
  const means = f64x2.splat(mean);
  const factors = f64x2.splat(factor);
  let left = count;
  for (; left >= 4; left -= 4) {
    const four = i8x16.swizzle(
      v128.load(from),
      i8x16(0, -1, -1, -1, 3, -1, -1, -1, 6, -1, -1, -1, 9, -1, -1, -1),
    );
    let low = f64x2.convert_low_i32x4_u(four);
    let high = f64x2.convert_low_i32x4_u(v128.shuffle<i32>(four, four, 2, 3, 2, 3));
    low = f64x2.mul(f64x2.sub(f64x2.mul(low, scales), means), factors);
    high = f64x2.mul(f64x2.sub(f64x2.mul(high, scales), means), factors);
    v128.store(
      into,
      v128.shuffle<i32>(
        f32x4.demote_f64x2_zero(low),
        f32x4.demote_f64x2_zero(high),
        0, 1, 4, 5,
      ),
    );
    from += 12;
    into += 16;
  }
  for (; left > 0; left -= 1) {
    store<f32>(into, <f32>((<f64>load<u8>(from) * scale - mean) * factor));
    from += 3;
    into += 4;
  }
}
