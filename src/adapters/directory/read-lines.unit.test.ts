import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitLines } from './read-lines.js';

const text = fc.string({ unit: fc.constantFrom('a', 'é', ' ', '\r', '\n', '\n') });

async function* inChunks(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const size of sizes) {
    yield bytes.subarray(start, start + size);
    start += size;
  }
  yield bytes.subarray(start);
}

describe('splitLines', () => {
  it('gives the same lines however the bytes come in', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat({ max: 9 })), async (content, sizes) => {
        const lines: string[] = [];
        for await (const { number, bytes } of splitLines(
          inChunks(new TextEncoder().encode(content), sizes),
          1000,
        )) {
          expect(number).toBe(lines.length);
          lines.push(new TextDecoder().decode(bytes));
        }
        const expected = content.split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(lines).toEqual(expected);
      }),
    );
  });

  it('passes over lines beyond the limit and keeps counting', async () => {
    const sizes = [1, 2, 3, 5, 8, 13];
    for (const first of sizes) {
      const bytes = new TextEncoder().encode('1234\n12345\n\n123456789');
      const lengths: (number | undefined)[] = [];
      for await (const line of splitLines(inChunks(bytes, [first, 4, 3]), 4)) {
        lengths.push(line.bytes?.length);
      }
      expect(lengths).toEqual([4, undefined, 0, undefined]);
    }
  });

  it('leaves out a byte order mark', async () => {
    const marked = inChunks(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d, 0x0a), [2]);
    for await (const { bytes } of splitLines(marked, 10)) {
      expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)).toBe('{}');
    }
  });
});
