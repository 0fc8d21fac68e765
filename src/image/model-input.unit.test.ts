import { describe, expect, it } from 'vitest';
import { drawPlane, drawRgb } from '../../test/fixtures/draw-picture.js';
import { cutModelInput } from './model-input.js';
import type { ModelInputSpec } from './model-input.js';

const spec: ModelInputSpec = { width: 224, height: 224, crop: 0.875, interpolation: 'bicubic' };

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
});
