import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../scripts/kernels/compile.mjs';
import { plainInput } from '../../../test/fixtures/model-input.js';
import { packKernelBinary } from './pack-kernel-binary.js';
import { planePacker } from './pack-planes.js';

const three = <T>(one: fc.Arbitrary<T>) => fc.tuple(one, one, one);

describe('planePacker', () => {
  it('gives (pixel * scale - mean) / std of any picture to the last bit', () => {
    const specs = fc.record({
      width: fc.integer({ min: 1, max: 13 }),
      height: fc.integer({ min: 1, max: 5 }),
      scale: fc.constantFrom(1, 1 / 255, 0.3),
      mean: three(fc.double({ min: -200, max: 200, noNaN: true })),
      std: three(fc.double({ min: 1e-3, max: 200, noNaN: true })),
      channels: fc.constantFrom('RGB' as const, 'BGR' as const),
      seeds: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(specs, ({ seeds, ...spec }) => {
        const { width, height, scale, mean, std, channels } = spec;
        const pixels = width * height;
        const pictures = seeds.map((seed) =>
          Uint8Array.from({ length: 3 * pixels }, (_, at) => (seed + at * 89) % 256),
        );
        const order = channels === 'RGB' ? ([0, 1, 2] as const) : ([2, 1, 0] as const);
        const expected = pictures.flatMap((picture) =>
          order.flatMap((channel) =>
            Array.from({ length: pixels }, (_, pixel) =>
              Math.fround(
                ((picture[3 * pixel + channel] ?? NaN) * scale - mean[channel]) *
                  (1 / std[channel]),
              ),
            ),
          ),
        );
        expect([...planePacker({ ...plainInput, ...spec }).pack(pictures, seeds.length)]).toEqual(
          expected,
        );
      }),
    );
  });

  it('serves batches of any size, one after the other, and fills empty places with 0', () => {
    const { pack } = planePacker({ ...plainInput, width: 64, height: 64 });
    const picture = new Uint8Array(3 * 64 * 64).fill(7);
    for (const [count, slots] of [
      [1, 1],
      [8, 8],
      [2, 3],
      [0, 1],
    ] as const) {
      const values = pack(Array<Uint8Array>(count).fill(picture), slots);
      expect(values).toHaveLength(slots * picture.length);
      expect(values.slice(0, count * picture.length).every((value) => value === 7)).toBe(true);
      expect(values.slice(count * picture.length).every((value) => value === 0)).toBe(true);
    }
  });

  it('runs what scripts/kernels/pack-kernel.ts compiles to', async () => {
    expect(Buffer.from(await compileKernel('pack-kernel')).equals(packKernelBinary)).toBe(true);
  });
});
