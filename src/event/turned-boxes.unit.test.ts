import { describe, expect, it } from 'vitest';
import type { Detection } from './inference-event.js';
import { refuseTurnedBoxes } from './turned-boxes.js';

const box = { label: 'cat', score: 1, x: 0, y: 0, width: 9, height: 9 };

function seenAt(imageWidth: number, imageHeight: number): Detection {
  return { kind: 'detection', boxes: [box], imageWidth, imageHeight };
}

describe('refuseTurnedBoxes', () => {
  it.each([
    ['in its size', seenAt(3024, 4032), [3024, 4032]],
    ['smaller', seenAt(480, 640), [3024, 4032]],
    ['squeezed into a square', seenAt(300, 300), [3024, 4032]],
    ['in another ratio', seenAt(640, 384), [1080, 1920]],
    ['nearly square, either way', seenAt(100, 98), [98, 100]],
    ['without a box', { ...seenAt(4032, 3024), boxes: [] }, [3024, 4032]],
    ['by a model that finds none', { kind: 'none' }, [3024, 4032]],
  ] as const)('lets pass what a model saw %s', (_, predictions, [width, height]) => {
    expect(() => refuseTurnedBoxes(predictions, { width, height })).not.toThrow();
  });

  it.each([
    [4032, 3024],
    [640, 480],
    [641, 480],
  ])('refuses boxes of %d x %d on an upright picture', (width, height) => {
    expect(() => {
      refuseTurnedBoxes(seenAt(width, height), { width: 3024, height: 4032 });
    }).toThrow(
      expect.objectContaining({
        code: 'event.invalid',
        field: 'predictions.imageWidth',
        message: expect.stringContaining(`${width} x ${height}`) as string,
      }) as Error,
    );
  });
});
