import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roomFor } from './memory-slab.js';

describe('roomFor', () => {
  it('gives each its own bytes, where any typed array may begin', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 50_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(sizes, (all) => {
        const rooms = all.map((bytes) => {
          const { buffer, start } = roomFor(bytes);
          expect(start % 8).toBe(0);
          return new Uint8Array(buffer, start, bytes);
        });
        for (const [at, room] of rooms.entries()) room.fill(1 + at);
        for (const [at, room] of rooms.entries()) {
          expect(room.every((byte) => byte === 1 + at)).toBe(true);
        }
      }),
    );
  });

  it('gives what is large a piece of its own, so that no small one holds it', () => {
    const { buffer, start } = roomFor(5_000_000);
    expect([buffer.byteLength, start]).toEqual([5_000_000, 0]);
    expect(roomFor(10).buffer).not.toBe(buffer);
  });
});
