import { expect, it } from 'vitest';
import { drawPlane } from '../../test/fixtures/draw-picture.js';
import { quarterTurns, turnedPlane } from './turn-plane.js';
import { sharp } from './sharp.js';

it('turns as sharp does', async () => {
  const plane = drawPlane(5, 3, (x, y) => [10 * x, 20 * y, 7 * x * y]);
  const { width, height, rgb } = plane;
  for (const quarters of quarterTurns) {
    const { data, info } = await sharp(rgb, { raw: { width, height, channels: 3 } })
      .rotate(90 * quarters)
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(turnedPlane(plane, quarters)).toEqual({
      width: info.width,
      height: info.height,
      rgb: new Uint8Array(data),
    });
  }
});
