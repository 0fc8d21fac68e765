import { describe, expect, it } from 'vitest';
import { drawRgb, scene } from '../../test/fixtures/draw-picture.js';
import { contentTypeOf } from './content-type.js';
import { cropRegion } from './crop.js';
import { decodeImage } from './decode.js';
import { degradations, degrade } from './degrade.js';
import type { Degradation } from './degrade.js';
import { lumaOf } from './luma.js';
import { sharp } from './sharp.js';

const [width, height] = [120, 80];
const original = await sharp(drawRgb(width, height, scene(width, height, 7)), {
  raw: { width, height, channels: 3 },
})
  .jpeg({ quality: 95 })
  .toBuffer();

async function decoded(bytes: Uint8Array) {
  return decodeImage(bytes, { maxPixels: 1e8 });
}

async function lumaAfter(kind: Degradation, strength: number) {
  const luma = lumaOf((await decoded(await degrade(original, kind, strength))).plane);
  const mean = luma.reduce((sum, level) => sum + level, 0) / luma.length;
  const variance = luma.reduce((sum, level) => sum + (level - mean) ** 2, 0) / luma.length;
  return { mean, deviation: Math.sqrt(variance) };
}

describe('degrade', () => {
  it.each(degradations)('%s gives the same JPEG each time', async (kind) => {
    const first = await degrade(original, kind, 0.7);
    expect(contentTypeOf(first)).toBe('image/jpeg');
    expect(Buffer.from(await degrade(original, kind, 0.7))).toEqual(Buffer.from(first));
    expect(Buffer.from(first)).not.toEqual(original);
  });

  it('changes light and contrast as named, more with more strength', async () => {
    const untouched = await lumaAfter('recompressed', 0);
    const dark = [await lumaAfter('dark', 0.4), await lumaAfter('dark', 1)] as const;
    expect(dark[0].mean).toBeLessThan(untouched.mean * 0.7);
    expect(dark[1].mean).toBeLessThan(dark[0].mean * 0.5);
    expect((await lumaAfter('over-exposed', 0.8)).mean).toBeGreaterThan(200);
    const fog = await lumaAfter('low-contrast', 1);
    expect(fog.deviation).toBeLessThan(untouched.deviation * 0.1);
    expect(Math.abs(fog.mean - untouched.mean)).toBeLessThan(15);
  });

  it('hardly changes anything at strength 0', async () => {
    const before = lumaOf((await decoded(original)).plane);
    for (const kind of degradations.filter((name) => name !== 'flipped')) {
      const after = lumaOf((await decoded(await degrade(original, kind, 0))).plane);
      const change = before.reduce((sum, level, at) => sum + Math.abs(level - (after[at] ?? 0)), 0);
      expect(change / before.length).toBeLessThan(2);
    }
  });

  it('resizes and crops to smaller pictures', async () => {
    expect(await decoded(await degrade(original, 'resized', 1))).toMatchObject({
      width: 30,
      height: 20,
    });
    expect(await decoded(await degrade(original, 'cropped', 1))).toMatchObject({
      width: 24,
      height: 16,
    });
  });

  it('draws other noise from another seed', async () => {
    const first = await degrade(original, 'noisy', 0.5, 1);
    expect(Buffer.from(await degrade(original, 'noisy', 0.5, 2))).not.toEqual(Buffer.from(first));
  });

  it('refuses what is no picture', async () => {
    await expect(degrade(Buffer.from('no picture'), 'dark', 1)).rejects.toMatchObject({
      code: 'image.undecodable',
    });
  });
});

describe('cropRegion', () => {
  it('cuts the region out of the upright picture', async () => {
    const halves = await sharp(
      drawRgb(40, 20, (x) => (x < 20 ? [0, 0, 0] : [255, 255, 255])),
      {
        raw: { width: 40, height: 20, channels: 3 },
      },
    )
      .png()
      .toBuffer();
    const view = await decoded(
      await cropRegion(halves, { left: 25, top: 2, width: 10, height: 5 }),
    );
    expect(view).toMatchObject({ width: 10, height: 5, contentType: 'image/jpeg' });
    expect([...lumaOf(view.plane)].every((level) => level > 250)).toBe(true);
  });

  it.each([
    { left: -1, top: 0, width: 5, height: 5 },
    { left: 0, top: 0, width: 0, height: 5 },
    { left: 100, top: 0, width: 21, height: 5 },
    { left: 0.5, top: 0, width: 5, height: 5 },
  ])('refuses a region outside: %o', async (region) => {
    await expect(cropRegion(original, region)).rejects.toMatchObject({
      code: 'input.invalid',
      field: 'region',
    });
  });
});
