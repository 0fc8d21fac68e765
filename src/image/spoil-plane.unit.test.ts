import { describe, expect, it } from 'vitest';
import { planeOf, seeded, sharpScene } from '../../test/fixtures/planes.js';
import { lumaOf } from './luma.js';
import { spoilings, spoilPlane } from './spoil-plane.js';

const scene = sharpScene(96, 64);
const mean = (luma: Uint8Array) => luma.reduce((sum, level) => sum + level, 0) / luma.length;

describe.each(spoilings)('spoilPlane %s', (kind) => {
  it('changes the picture, keeps its size and the original, and repeats itself', () => {
    const before = scene.rgb.slice();
    const other = sharpScene(40, 70, 9);
    const spoilt = spoilPlane(scene, kind, 0.7, seeded(3), other);
    expect([spoilt.width, spoilt.height]).toEqual([96, 64]);
    expect(spoilt.rgb).toHaveLength(scene.rgb.length);
    expect(scene.rgb).toEqual(before);
    expect(spoilt.rgb).not.toEqual(before);
    expect(spoilPlane(scene, kind, 0.7, seeded(3), other)).toEqual(spoilt);
  });

  it('works on the smallest picture, at either end', () => {
    const dot = planeOf(1, 1, () => 90);
    for (const strength of [0, 1]) {
      expect(spoilPlane(dot, kind, strength, seeded(1)).rgb).toHaveLength(3);
    }
  });
});

describe('spoilPlane', () => {
  it('does what its names say', () => {
    const luma = (kind: (typeof spoilings)[number], strength: number) =>
      lumaOf(spoilPlane(scene, kind, strength, seeded(2)));
    expect(mean(luma('dark', 0.8))).toBeLessThan(mean(luma('dark', 0.2)));
    expect(mean(luma('over-exposed', 0.8))).toBeGreaterThan(mean(lumaOf(scene)));
    const spread = (of: Uint8Array) => Math.max(...of) - Math.min(...of);
    expect(spread(luma('haze', 1))).toBeLessThan(40);
    expect(luma('shuffled', 1).toSorted()).toEqual(lumaOf(scene).toSorted());
    const counts = new Map<number, number>();
    for (const level of luma('half-covered', 0.5)) counts.set(level, (counts.get(level) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBeGreaterThan(0.3 * lumaOf(scene).length);
  });
});
