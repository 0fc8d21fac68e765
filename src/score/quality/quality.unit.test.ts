import { describe, expect, it } from 'vitest';
import { boxBlurred, mapped, planeOf, seeded, sharpScene } from '../../../test/fixtures/planes.js';
import type { PixelPlane } from '../../image/decoded-image.js';
import { lumaOf } from '../../image/luma.js';
import type { Scorer } from '../scorer.js';
import { blur } from './blur.js';
import { clipped } from './clipped.js';
import { crushedShadows } from './crushed-shadows.js';
import { dark } from './dark.js';
import { lowContrast } from './low-contrast.js';
import { motionBlur } from './motion-blur.js';
import { overExposed } from './over-exposed.js';

const scene = sharpScene();
const uniform = (level: number) => planeOf(64, 48, () => level);

describe('dark', () => {
  it('is 0 for a black frame and 255 for a white one', () => {
    expect(raw(dark, uniform(0))).toBe(0);
    expect(raw(dark, uniform(255))).toBeCloseTo(255, 6);
  });

  it('moves with underexposure and with a steep tone curve', () => {
    expect(
      raw(
        dark,
        mapped(scene, (v) => v / 4),
      ),
    ).toBeLessThan(raw(dark, scene) / 2.5);
    expect(
      raw(
        dark,
        mapped(scene, (v) => 255 * (v / 255) ** 3),
      ),
    ).toBeLessThan(raw(dark, scene) / 1.5);
  });

  it('is not cleared by one lamp', () => {
    const night = mapped(scene, (v) => v / 8);
    const withLamp = lit(night, 14);
    expect(raw(dark, withLamp)).toBeLessThan(1.1 * raw(dark, night));
  });

  it('reads a saturated colour by its brightest channel', () => {
    const { width, height } = uniform(20);
    const rgb = new Uint8Array(width * height * 3).fill(20);
    for (let at = 2; at < rgb.length; at += 3) rgb[at] = 250;
    expect(raw(dark, { width, height, rgb })).toBeGreaterThan(3 * raw(dark, uniform(20)));
  });
});

describe('over-exposed', () => {
  it('is 0 for a white frame and 255 for a black one', () => {
    expect(raw(overExposed, uniform(255))).toBe(0);
    expect(raw(overExposed, uniform(0))).toBeCloseTo(255, 6);
  });

  it('moves with clipping', () => {
    const burnt = mapped(scene, (v) => 2.5 * v);
    expect(raw(overExposed, burnt)).toBeLessThan(raw(overExposed, scene) / 3);
  });
});

describe('clipped', () => {
  it('counts edges that saturation cut off, beside the saturated area', () => {
    const sky = planeOf(64, 48, (_, y) => (y < 16 ? 255 : 240 - 4 * y));
    expect(raw(clipped, uniform(255))).toBe(1);
    expect(raw(clipped, sky)).toBeGreaterThan(1 / 3);
    const things = planeOf(64, 48, (x, y) => (x % 8 < 3 && y % 2 === 0 ? 255 : 120));
    expect(raw(clipped, things)).toBeGreaterThan(2 * raw(clipped, sky));
  });

  it('sees a channel at its ceiling while another one moves, in petals and not in skies', () => {
    const red = (green: (x: number, y: number) => number) => {
      const plane = planeOf(64, 48, green);
      return { ...plane, rgb: plane.rgb.map((level, at) => (at % 3 === 0 ? 255 : level)) };
    };
    // Half of the picture is no red thing, so that its area alone does not tell.
    const half = (plane: PixelPlane) => ({
      ...plane,
      rgb: plane.rgb.map((level, at) => (Math.floor(at / 3) % 64 < 32 ? 120 : level)),
    });
    const flat = raw(clipped, half(red(() => 90)));
    const soft = raw(clipped, half(red((x) => 90 + x)));
    const moving = raw(clipped, half(red((x) => 90 + 20 * (x % 2))));
    expect(soft).toBeCloseTo(flat, 9);
    expect(1 - moving).toBeLessThan(0.01 * (1 - flat));
  });
});

describe('crushed-shadows', () => {
  it('sinks under a steep tone curve, and is no matter of the lights', () => {
    const shaded = mapped(scene, (v) => 20 + 0.9 * v);
    const steep = mapped(shaded, (v) => 255 * (v / 255) ** 3);
    expect(raw(crushedShadows, steep)).toBeLessThan(1);
    expect(raw(crushedShadows, shaded)).toBeGreaterThan(18);
    expect(
      raw(
        crushedShadows,
        mapped(shaded, (v) => (v > 128 ? 255 : v)),
      ),
    ).toBeGreaterThan(18);
  });
});

describe('motion-blur', () => {
  it('tells motion from defocus', () => {
    for (const [x, y] of [
      [7, 0],
      [0, 7],
    ] as const)
      expect(raw(motionBlur, boxBlurred(scene, x, y))).toBeGreaterThan(0.3);
    expect(raw(motionBlur, boxBlurred(scene, 5, 5))).toBeLessThan(0.1);
    expect(raw(motionBlur, scene)).toBeLessThan(0);
  });

  it('sees motion along any line', () => {
    for (let eighth = 0; eighth < 8; eighth += 3) {
      expect(
        raw(motionBlur, smeared(sharpScene(200, 150), (eighth * Math.PI) / 8)),
      ).toBeGreaterThan(0.16);
    }
  });
});

describe('low-contrast', () => {
  it('is 0 for a uniform frame and near 255 for a full range', () => {
    expect(raw(lowContrast, uniform(90))).toBe(0);
    expect(raw(lowContrast, scene)).toBeGreaterThan(240);
  });

  it('shrinks with the contrast, whatever the brightness', () => {
    const foggy = raw(
      lowContrast,
      mapped(scene, (v) => 180 + v / 5),
    );
    expect(foggy).toBeCloseTo(raw(lowContrast, scene) / 5, -0.5);
  });

  it('is not cleared by a time stamp', () => {
    const foggy = mapped(scene, (v) => 128 + (v - 128) / 5);
    const stampedOn = lumaOf(foggy);
    const stamped = planeOf(foggy.width, foggy.height, (x, y) =>
      x >= 4 && x < 50 && y >= 3 && y < 12 ? 255 * (x % 2) : (stampedOn[y * foggy.width + x] ?? 0),
    );
    expect(raw(lowContrast, stamped)).toBeLessThan(1.1 * raw(lowContrast, foggy));
  });
});

describe('blur', () => {
  it('grows with the blur', () => {
    const steps = [0, 1, 2, 4].map((reach) => raw(blur, boxBlurred(scene, reach, reach)));
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps[0]).toBeLessThan(0.45);
    expect(steps[3]).toBeGreaterThan(0.6);
  });

  it('sees motion along one direction', () => {
    expect(raw(blur, boxBlurred(scene, 6, 0))).toBeGreaterThan(1.8 * raw(blur, scene));
    expect(raw(blur, boxBlurred(scene, 0, 6))).toBeGreaterThan(1.8 * raw(blur, scene));
  });

  it('keeps still in dim light, in fog and under a tone curve', () => {
    const sharp = raw(blur, scene);
    for (const level of [
      (v: number) => v / 8,
      (v: number) => 150 + v / 8,
      (v: number) => 255 * (v / 255) ** 2,
    ]) {
      expect(Math.abs(raw(blur, mapped(scene, level)) - sharp)).toBeLessThan(0.05);
    }
  });

  it('is not fooled by grain', () => {
    const random = seeded(3);
    const blurred = boxBlurred(sharpScene(320, 240), 6, 6);
    const grainy = mapped(blurred, (v) => v + 8 * (random() - 0.5));
    expect(raw(blur, grainy)).toBeGreaterThan(0.65);
  });

  it('is 1 where there is nothing to see', () => {
    expect(raw(blur, uniform(77))).toBe(1);
    expect(
      raw(
        blur,
        planeOf(1, 1, () => 9),
      ),
    ).toBe(1);
  });
});

function raw(scorer: Scorer, plane: PixelPlane): number {
  const measured = scorer.measure({
    plane,
    predictions: { kind: 'none' },
    predictionsBy: 'producer',
    neighbours: 'no-reference',
  });
  return measured.kind === 'measured' ? measured.raw : Number.NaN;
}

/** The mean of 13 pixels along a line at this angle. */
function smeared(plane: PixelPlane, angle: number): PixelPlane {
  const luma = lumaOf(plane);
  const { width, height } = plane;
  const inside = (at: number, size: number) => Math.min(size - 1, Math.max(0, Math.round(at)));
  return planeOf(width, height, (x, y) => {
    let sum = 0;
    for (let step = -6; step <= 6; step += 1) {
      const [column, row] = [x + step * Math.cos(angle), y + step * Math.sin(angle)];
      sum += luma[inside(row, height) * width + inside(column, width)] ?? 0;
    }
    return sum / 13;
  });
}

/** A white lamp in the middle. */
function lit(plane: PixelPlane, side: number): PixelPlane {
  const luma = lumaOf(plane);
  const inside = (at: number, size: number) => Math.abs(at - size / 2) < side / 2;
  return planeOf(plane.width, plane.height, (x, y) =>
    inside(x, plane.width) && inside(y, plane.height) ? 255 : (luma[y * plane.width + x] ?? 0),
  );
}
