import { describe, expect, it } from 'vitest';
import { drawPlane, drawRgb } from '../../test/fixtures/draw-picture.js';
import { cutModelInput } from './model-input.js';
import type { ModelInputSpec } from './model-input.js';

const spec: ModelInputSpec = {
  width: 224,
  height: 224,
  fit: 'crop',
  crop: 0.875,
  interpolation: 'bicubic',
};

describe('cutModelInput', () => {
  it('takes the centre unchanged where nothing has to be resized', () => {
    const paint = (x: number, y: number) => [x % 256, y % 256, (x * y) % 256] as const;
    const cut = cutModelInput(drawPlane(300, 256, paint), spec);
    expect(Buffer.from(cut)).toEqual(
      Buffer.from(drawRgb(224, 224, (x, y) => paint(x + 38, y + 16))),
    );
  });

  it.each([
    [512, 384],
    [512, 3],
    [1, 1],
    [2, 512],
    [20, 20],
    [224, 224],
  ])('gives the input size for %i x %i', (width, height) => {
    for (const interpolation of ['bicubic', 'bilinear'] as const) {
      const plane = drawPlane(width, height, () => [10, 120, 240]);
      const cut = cutModelInput(plane, { ...spec, interpolation });
      expect(cut).toHaveLength(224 * 224 * 3);
      expect([...cut.subarray(0, 3)]).toEqual([10, 120, 240]);
      expect([...cut.subarray(-3)]).toEqual([10, 120, 240]);
    }
  });

  it('keeps the aspect of an input that is not square', () => {
    // A centred 100 x 50 window of a 100 x 100 picture: the bands above and below stay out.
    const plane = drawPlane(100, 100, (_, y) => (y < 25 || y >= 75 ? [255, 0, 0] : [0, 0, 255]));
    const cut = cutModelInput(plane, { ...spec, width: 100, height: 50, crop: 1 });
    expect(Buffer.from(cut)).toEqual(Buffer.from(drawRgb(100, 50, () => [0, 0, 255])));
  });

  it('squashes the whole picture into shape where that is asked', () => {
    // The centre's square is black; only what stands beside it has a colour.
    const paint = (x: number) => (x < 75 ? red : x < 125 ? black : blue);
    const [red, black, blue] = [[255, 0, 0] as const, [0, 0, 0] as const, [0, 0, 255] as const];
    const square = { ...spec, width: 50, height: 50, crop: 1 };
    const plane = drawPlane(200, 50, paint);
    expect(cutModelInput(plane, square).every((value) => value === 0)).toBe(true);
    const squashed = cutModelInput(plane, { ...square, fit: 'squash' });
    expect([...squashed.subarray(0, 3)]).toEqual(red);
    expect([...squashed.subarray(-3)]).toEqual(blue);
  });

  it('squashes no more than the centre where a share is kept', () => {
    const paint = (x: number, y: number) => (inside(x, 100) && inside(y, 40) ? white : black);
    const inside = (at: number, side: number) => at >= side / 4 && at < (side * 3) / 4;
    const [white, black] = [[255, 255, 255] as const, [0, 0, 0] as const];
    const half = { width: 20, height: 20, fit: 'squash', crop: 0.5 } as const;
    const cut = cutModelInput(drawPlane(100, 40, paint), { ...half, interpolation: 'bilinear' });
    expect(cut.every((value) => value === 255)).toBe(true);
  });
});
