import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgeminerError } from '../faults.js';
import { decodeNpy, encodeNpy } from './npy.js';
import type { NpyArray } from './npy.js';

const sizes = fc.oneof(
  fc.tuple(fc.nat({ max: 40 })),
  fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 })),
);
const arrays: fc.Arbitrary<NpyArray> = sizes.chain((shape) => {
  const length = shape[0] * (shape[1] ?? 1);
  const exactly = { minLength: length, maxLength: length };
  return fc
    .oneof(fc.float32Array(exactly), fc.float64Array(exactly))
    .map((values) => ({ shape, values }));
});

describe('npy', () => {
  it('reads what it wrote, at any offset in memory', () => {
    fc.assert(
      fc.property(arrays, fc.nat({ max: 9 }), (array, offset) => {
        const encoded = encodeNpy(array);
        const shifted = new Uint8Array(encoded.length + offset);
        shifted.set(encoded, offset);
        expect(decodeNpy(shifted.subarray(offset), 'a.npy')).toEqual(array);
      }),
    );
  });

  it('starts the values at a multiple of 64 and ends the header with a newline', () => {
    fc.assert(
      fc.property(arrays, (array) => {
        const encoded = encodeNpy(array);
        const start = encoded.length - array.values.byteLength;
        expect(start % 64).toBe(0);
        expect(encoded[start - 1]).toBe(0x0a);
      }),
    );
  });

  it('refuses a file cut at any length, naming it', () => {
    const encoded = encodeNpy({ shape: [2, 3], values: Float64Array.of(1, 2, 3, 4, 5, 6) });
    for (let length = 0; length < encoded.length; length++) {
      expect(() => decodeNpy(encoded.subarray(0, length), 'cut.npy')).toThrow(/^cut\.npy /);
    }
  });

  it('answers any bytes with an array or a fault', () => {
    const header = encodeNpy({ shape: [1], values: Float32Array.of(1) });
    const damaged = fc
      .array(fc.tuple(fc.nat({ max: header.length - 1 }), fc.nat({ max: 255 })), { minLength: 1 })
      .map((edits) => {
        const bytes = header.slice();
        for (const [at, byte] of edits) bytes[at] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array()), (bytes) => {
        try {
          decodeNpy(bytes, 'any.npy');
        } catch (error) {
          expect(error).toBeInstanceOf(EdgeminerError);
        }
      }),
    );
  });

  it('refuses values that do not fill the shape', () => {
    expect(() => encodeNpy({ shape: [2, 2], values: new Float32Array(3) })).toThrow(RangeError);
  });
});
