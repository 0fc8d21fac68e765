import { Float16Array } from '@petamoriken/float16';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainInput } from '../../../test/fixtures/model-input.js';
import type { InputSpec } from './manifest-schema.js';
import { inputPacker } from './pack-input.js';

/** Two pixels: 1, 2, 3 and 4, 5, 6. */
const picture = Uint8Array.of(1, 2, 3, 4, 5, 6);
const packed = (change: Partial<InputSpec>, slots = 1) => [
  ...inputPacker({ ...plainInput, ...change }).pack([picture], slots),
];

describe('inputPacker', () => {
  it('puts channels first or last, in the order that the model takes', () => {
    expect(packed({})).toEqual([1, 4, 2, 5, 3, 6]);
    expect(packed({ layout: 'NHWC' })).toEqual([1, 2, 3, 4, 5, 6]);
    expect(packed({ channels: 'BGR' })).toEqual([3, 6, 2, 5, 1, 4]);
    expect(packed({ layout: 'NHWC', channels: 'BGR' })).toEqual([3, 2, 1, 6, 5, 4]);
  });

  it('takes mean and deviation per R, G, B whatever the order of the channels', () => {
    const own = { mean: [1, 0, 0], std: [1, 2, 4] } as const;
    const spec = { ...own, mean: [...own.mean], std: [...own.std] } as Partial<InputSpec>;
    expect(packed(spec)).toEqual([0, 3, 1, 2.5, 0.75, 1.5]);
    expect(packed({ ...spec, channels: 'BGR' })).toEqual([0.75, 1.5, 1, 2.5, 0, 3]);
  });

  it('keeps the pixels of uint8 as they are', () => {
    expect(inputPacker({ ...plainInput, type: 'uint8' }).pack([picture], 1)).toBeInstanceOf(
      Uint8Array,
    );
    expect(packed({ type: 'uint8', layout: 'NHWC' })).toEqual([...picture]);
  });

  it('gives the bits of float16', () => {
    const spec: InputSpec = { ...plainInput, type: 'float16', scale: 1 / 255 };
    const bits = inputPacker(spec).pack([picture], 1);
    expect(bits).toBeInstanceOf(Uint16Array);
    const values = [...new Float16Array(Uint16Array.from(bits).buffer)];
    [1, 4, 2, 5, 3, 6].forEach((pixel, at) => expect(values[at]).toBeCloseTo(pixel / 255, 4));
  });

  it('leaves nothing of an earlier batch in places that are not filled', () => {
    const packer = inputPacker(plainInput);
    packer.pack([picture, picture], 2);
    expect([...packer.pack([picture], 2)]).toEqual([1, 4, 2, 5, 3, 6, 0, 0, 0, 0, 0, 0]);
    expect([...packer.pack([picture], 1)]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it('computes (pixel * scale - mean) / std', () => {
    const real = fc.double({ min: -200, max: 200, noNaN: true });
    const above = fc.double({ min: 1e-3, max: 200, noNaN: true });
    const three = <T>(one: fc.Arbitrary<T>) => fc.tuple(one, one, one);
    fc.assert(
      fc.property(
        ...[three(real), three(above), above, three(fc.nat(255))],
        (mean, std, scale, pixel) => {
          const spec: InputSpec = { ...plainInput, width: 1, mean, std, scale };
          const seen = inputPacker(spec).pack([Uint8Array.from(pixel)], 1);
          pixel.forEach((level, channel) => {
            const exact = (level * scale - (mean[channel] ?? 0)) / (std[channel] ?? 1);
            expect(Math.abs((seen[channel] ?? NaN) - exact)).toBeLessThanOrEqual(
              1e-6 * Math.max(1, Math.abs(exact)),
            );
          });
        },
      ),
    );
  });
});
