import { describe, expect, it } from 'vitest';
import { planeOf, sharpScene, mapped, seeded } from '../../../test/fixtures/planes.js';
import { decodeImage } from '../../image/decode.js';
import type { PixelPlane } from '../../image/decoded-image.js';
import { lumaOf } from '../../image/luma.js';
import { sharp } from '../../image/sharp.js';
import { framePrint } from '../frame-print.js';
import { frozenCamera } from './frozen-camera.js';

const scene = sharpScene(320, 240);
const random = seeded(9);
const grainy = () => mapped(scene, (level) => 20 + 0.8 * level + 3 * (random() - 0.5));

describe('frozen-camera', () => {
  it('counts the frames in a row, and begins anew with another picture', () => {
    const still = grainy();
    expect(inARow(still, { ...still })).toBe(2);
    expect(inARow(still, { ...still }, 6)).toBe(7);
    expect(inARow(still, { ...still }, 1000)).toBe(1000);
    expect(inARow(still, sharpScene(320, 240, 2), 6)).toBe(1);
  });

  it('takes a still scene before a live camera for live', async () => {
    expect(inARow(grainy(), grainy())).toBe(1);
    for (const quality of [95, 75, 40])
      expect(inARow(await encoded(grainy(), quality), await encoded(grainy(), quality))).toBe(1);
  });

  it('sees a standstill behind a running clock, and through the same encoder again', async () => {
    const still = grainy();
    expect(inARow(clock(still, 3), clock(still, 4))).toBe(2);
    const once = await encoded(still, 80);
    expect(inARow(once, await encoded(once, 80))).toBe(2);
  });

  it('is absent where nothing can be told', () => {
    const night = planeOf(320, 240, () => 2);
    expect(inARow(night, { ...night })).toBe('too-little-texture');
    expect(inARow(sharpScene(160, 120), scene)).toBe('too-little-texture');
    expect(frozenCamera.measure({ ...input(scene), previous: { occurredAt: 0 } })).toEqual({
      kind: 'absent',
      why: 'no-previous-frame',
    });
  });
});

function input(plane: PixelPlane) {
  return {
    plane,
    predictions: { kind: 'none' },
    predictionsBy: 'producer',
    neighbours: 'no-reference',
  } as const;
}

function inARow(before: PixelPlane, now: PixelPlane, row = 1): number | string {
  const previous = { occurredAt: 0, image: { print: framePrint(before), inARow: row } };
  const measured = frozenCamera.measure({ ...input(now), previous });
  return measured.kind === 'measured' ? measured.raw : measured.why;
}

async function encoded({ width, height, rgb }: PixelPlane, quality: number): Promise<PixelPlane> {
  const raw = { width, height, channels: 3 } as const;
  const bytes = await sharp(rgb, { raw }).jpeg({ quality }).toBuffer();
  return (await decodeImage(bytes, { maxPixels: 1e6 })).plane;
}

/** Digits in a corner. */
function clock(plane: PixelPlane, time: number): PixelPlane {
  const luma = lumaOf(plane);
  return planeOf(plane.width, plane.height, (x, y) =>
    x < 80 && y < 20 ? 255 * ((x * time + y) % 2) : (luma[y * plane.width + x] ?? 0),
  );
}
