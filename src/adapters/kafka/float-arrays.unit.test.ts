import { Type } from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatArrays } from './float-arrays.js';

const schema = {
  type: 'record',
  name: 'Sample',
  fields: [
    { name: 'before', type: 'string' },
    { name: 'embedding', type: ['null', { type: 'array', items: 'float' }] },
    { name: 'others', type: { type: 'array', items: 'double' } },
  ],
} as const;
const ours = Type.forSchema(schema as never, { typeHook: floatArrays });
const plain = Type.forSchema(schema as never);

const samples = fc.record({
  before: fc.string({ unit: 'grapheme' }),
  embedding: fc.option(fc.float32Array({ noNaN: true }), { nil: null }),
  others: fc.array(fc.double({ noNaN: true })),
});

describe('floatArrays', () => {
  it('reads what avsc writes, and writes the same', () => {
    fc.assert(
      fc.property(samples, ({ embedding, ...rest }) => {
        const list = embedding === null ? null : Array.from(embedding);
        const bytes = plain.toBuffer({ ...rest, embedding: list });
        expect(ours.toBuffer({ ...rest, embedding: list })).toEqual(bytes);
        expect({ ...(ours.fromBuffer(bytes) as object) }).toEqual({ ...rest, embedding });
      }),
    );
  });

  it('reads blocks, with and without their size', () => {
    const floats = Type.forSchema({ type: 'array', items: 'float' }, { typeHook: floatArrays });
    const [one, two, three] = [1.5, -2, 3].map((value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(value);
      return bytes;
    }) as [Buffer, Buffer, Buffer];
    // Zigzag: 4 is two values; 1 is minus one, and 8 its four bytes.
    const blocks = [Buffer.from([4]), one, two, Buffer.from([1, 8]), three, Buffer.from([0])];
    expect(floats.fromBuffer(Buffer.concat(blocks))).toEqual(Float32Array.of(1.5, -2, 3));
    expect(floats.fromBuffer(Buffer.from([0]))).toEqual(new Float32Array(0));
  });

  it('refuses a record that is cut, or says that it is longer than it is', () => {
    const embedding = Array.from({ length: 100 }, (_, at) => at);
    const bytes = ours.toBuffer({ before: 'x', embedding, others: [] });
    for (let length = 0; length < bytes.length; length += 7) {
      expect(() => void ours.fromBuffer(bytes.subarray(0, length))).toThrow(/truncated|buffer/u);
    }
    const floats = Type.forSchema({ type: 'array', items: 'float' }, { typeHook: floatArrays });
    expect(() => void floats.fromBuffer(Buffer.from('feffffff0f', 'hex'))).toThrow(
      'truncated buffer',
    );
  });
});
