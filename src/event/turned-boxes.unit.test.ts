import { describe, expect, it } from 'vitest';
import { sharp } from '../image/sharp.js';
import type { Detection } from './inference-event.js';
import { uprightBoxes } from './turned-boxes.js';

const box = { label: 'cat', score: 1, x: 0, y: 0, width: 9, height: 9 };

function seenAt(imageWidth: number, imageHeight: number): Detection {
  return { kind: 'detection', boxes: [box], imageWidth, imageHeight };
}

describe('uprightBoxes', () => {
  it.each([
    ['in its size', seenAt(3024, 4032), [3024, 4032]],
    ['smaller', seenAt(480, 640), [3024, 4032]],
    ['squeezed into a square', seenAt(300, 300), [3024, 4032]],
    ['in another ratio', seenAt(640, 384), [1080, 1920]],
    ['nearly square, either way', seenAt(100, 98), [98, 100]],
    ['without a box', { ...seenAt(4032, 3024), boxes: [] }, [3024, 4032]],
    ['by a model that finds none', { kind: 'none' }, [3024, 4032]],
  ] as const)('leaves as they are those that a model saw %s', (_, predictions, [width, height]) => {
    for (const orientation of [1, 6])
      expect(uprightBoxes(predictions, { width, height, orientation })).toBe(predictions);
  });

  it.each([
    [4032, 3024],
    [640, 480],
    [641, 480],
  ])('refuses boxes of %d x %d on an upright picture without a tag', (width, height) => {
    expect(() =>
      uprightBoxes(seenAt(width, height), { width: 3024, height: 4032, orientation: 1 }),
    ).toThrow(
      expect.objectContaining({
        code: 'event.invalid',
        field: 'predictions.imageWidth',
        message: expect.stringContaining(`${width} x ${height}`) as string,
      }) as Error,
    );
  });

  it.each([5, 6, 7, 8])(
    'turns boxes as EXIF orientation %i turns the picture',
    async (orientation) => {
      // A white box in the dark, turned by the decoder.
      const { x, y, width, height } = { x: 3, y: 5, width: 7, height: 4 };
      const [imageWidth, imageHeight] = [40, 24];
      const stored = Buffer.alloc(imageWidth * imageHeight);
      for (let row = y; row < y + height; row += 1)
        stored.fill(255, row * imageWidth + x, row * imageWidth + x + width);
      const file = await sharp(stored, {
        raw: { width: imageWidth, height: imageHeight, channels: 1 },
      })
        .withMetadata({ orientation })
        .png()
        .toBuffer();
      const { data, info } = await sharp(file)
        .autoOrient()
        .greyscale()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const picture = { width: info.width, height: info.height, orientation };
      const seen = {
        kind: 'detection',
        imageWidth,
        imageHeight,
        boxes: [{ ...box, x, y, width, height }],
      } as const;
      const turned = uprightBoxes(seen, picture);
      if (turned.kind !== 'detection') throw new Error('it stays a detection');
      expect(turned).toMatchObject({ imageWidth: info.width, imageHeight: info.height });
      const [found] = turned.boxes;
      if (found === undefined) throw new Error('it keeps its box');
      let inside = 0;
      for (let row = found.y; row < found.y + found.height; row += 1)
        for (let column = found.x; column < found.x + found.width; column += 1)
          inside += Number(data[row * info.width + column] === 255);
      expect(inside).toBe(width * height);
    },
  );
});
