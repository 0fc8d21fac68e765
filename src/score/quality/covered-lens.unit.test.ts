import { describe, expect, it } from 'vitest';
import { planeOf, sharpScene } from '../../../test/fixtures/planes.js';
import type { PixelPlane } from '../../image/decoded-image.js';
import { coveredLens } from './covered-lens.js';

function raw(plane: PixelPlane): number {
  const found = coveredLens.measure({
    plane,
    predictions: { kind: 'none' },
    predictionsBy: 'producer',
    neighbours: 'no-reference',
  });
  if (found.kind === 'absent') throw new Error('every picture has tiles');
  return found.raw;
}

/** The lower part of the picture of one level. */
function lost(plane: PixelPlane, share: number, level: number): PixelPlane {
  const from = Math.round((1 - share) * plane.height) * plane.width * 3;
  return { ...plane, rgb: plane.rgb.map((before, at) => (at < from ? before : level)) };
}

describe('covered-lens', () => {
  const scene = sharpScene();

  it('tells a part that was lost, of whatever level', () => {
    expect(raw(scene)).toBeLessThan(0.1);
    for (const level of [0, 40, 128, 220]) {
      expect(raw(lost(scene, 0.5, level)), String(level)).toBeGreaterThan(
        coveredLens.fallbackLimit,
      );
    }
  });

  it('is no matter of burnt-out skies, of gradients, nor of pictures of a few pixels', () => {
    expect(raw(lost(scene, 0.5, 255))).toBeLessThan(0.1);
    expect(raw(planeOf(256, 192, (x, y) => 90 + x / 4 + y / 4))).toBe(0);
    expect(raw(planeOf(16, 16, (x, y) => 80 + 7 * x + y))).toBe(0);
  });
});
