import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPlane, drawRgb, scene } from '../../test/fixtures/draw-picture.js';
import { decodeImage } from './decode.js';
import { degrade } from './degrade.js';
import type { Degradation } from './degrade.js';
import { hammingDistance, perceptualHash } from './perceptual-hash.js';
import { sharp } from './sharp.js';

const hex64 = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((value) => value.toString(16).padStart(16, '0'));

async function drawnScene(seed: number): Promise<Uint8Array> {
  const [width, height] = [240, 160];
  return sharp(drawRgb(width, height, scene(width, height, seed)), {
    raw: { width, height, channels: 3 },
  })
    .jpeg({ quality: 92 })
    .toBuffer();
}

async function hashOf(bytes: Uint8Array): Promise<string> {
  return perceptualHash((await decodeImage(bytes, { maxPixels: 1e8 })).plane);
}

const flat = (level: number, width = 64, height = 48) =>
  perceptualHash(drawPlane(width, height, () => [level, level, level]));

describe('perceptualHash', () => {
  it.each<[Degradation, number]>([
    ['resized', 0.4],
    ['resized', 0.9],
    ['recompressed', 0.8],
    ['brightened', 0.5],
    ['noisy', 0.2],
  ])('keeps a %s copy (strength %d) within 10 bits', async (kind, strength) => {
    for (let seed = 1; seed <= 5; seed += 1) {
      const original = await drawnScene(seed);
      const copy = await degrade(original, kind, strength);
      expect(hammingDistance(await hashOf(original), await hashOf(copy))).toBeLessThanOrEqual(10);
    }
  });

  it('keeps different scenes and mirror images apart', async () => {
    const hashes = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async (n) => hashOf(await drawnScene(n))),
    );
    for (const [index, a] of hashes.entries()) {
      for (const b of hashes.slice(0, index)) expect(hammingDistance(a, b)).toBeGreaterThan(10);
    }
    const mirrored = await hashOf(await degrade(await drawnScene(1), 'flipped', 1));
    expect(hammingDistance(hashes[0] ?? '', mirrored)).toBeGreaterThan(10);
  });

  it('does not depend on the size of the picture', () => {
    for (const [width, height] of [
      [320, 320],
      [100, 100],
      [33, 33],
    ] as const) {
      const hash = perceptualHash(drawPlane(width, height, scene(width, height, 3)));
      const reference = perceptualHash(drawPlane(200, 200, scene(200, 200, 3)));
      expect(hammingDistance(hash, reference)).toBeLessThanOrEqual(10);
    }
  });

  it('tells flat pictures apart by their level alone', () => {
    expect(hammingDistance(flat(0), flat(2))).toBeLessThanOrEqual(1);
    expect(hammingDistance(flat(0), flat(255))).toBe(64);
    expect(hammingDistance(flat(20), flat(120))).toBeGreaterThan(10);
    expect(flat(0, 512, 384)).toBe(flat(0, 1, 1));
  });

  it('takes dark frames with sensor noise for flat', () => {
    const noisy = (seed: number) =>
      perceptualHash(
        drawPlane(256, 192, (x, y) => {
          const level = Math.abs(Math.round(9 * Math.sin(x * 12.9 + y * 78.2 + seed)));
          return [level, level, level];
        }),
      );
    expect(hammingDistance(noisy(1), noisy(2))).toBeLessThanOrEqual(1);
  });

  it('keeps a plain picture away from a flat one', () => {
    const ramp = perceptualHash(drawPlane(128, 96, (x) => [x, x, x]));
    for (const level of [0, 64, 128, 255]) {
      expect(hammingDistance(ramp, flat(level))).toBeGreaterThan(10);
    }
  });

  it('is 16 hex digits for every size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }), (w, h) => {
        const hash = perceptualHash(drawPlane(w, h, (x, y) => [(x * 31) % 256, (y * 17) % 256, 9]));
        expect(hash).toMatch(/^[0-9a-f]{16}$/);
      }),
      { numRuns: 30 },
    );
  });
});

describe('hammingDistance', () => {
  it('counts the bits that differ', () => {
    fc.assert(
      fc.property(hex64, hex64, (a, b) => {
        const bits = (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll('0', '');
        expect(hammingDistance(a, b)).toBe(bits.length);
        expect(hammingDistance(b, a)).toBe(bits.length);
        expect(hammingDistance(a, a)).toBe(0);
      }),
    );
  });
});
