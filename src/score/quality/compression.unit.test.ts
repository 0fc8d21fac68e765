import { describe, expect, it } from 'vitest';
import { boxBlurred, sharpScene } from '../../../test/fixtures/planes.js';
import { decodeImage } from '../../image/decode.js';
import { sharp } from '../../image/sharp.js';
import { compression } from './compression.js';

describe.each([
  [320, 240],
  [1300, 900],
  [700, 1500],
])('compression of %i x %i pixels', (width, height) => {
  const { rgb } = boxBlurred(sharpScene(width, height), 2, 2);
  const encoded = (quality: number) =>
    sharp(rgb, { raw: { width, height, channels: 3 } })
      .jpeg({ quality })
      .toBuffer();

  it('sees the blocks of a hard compression, also through a fine one after it', async () => {
    const fine = await blocksOf(await encoded(95));
    const hard = await encoded(6);
    const again = await sharp(hard).jpeg({ quality: 95 }).toBuffer();
    expect(fine).toBeLessThan(0.2);
    expect(await blocksOf(hard)).toBeGreaterThan(0.33);
    expect(await blocksOf(again)).toBeGreaterThan(0.33);
  });

  it('sees them in a picture that is stored on its side', async () => {
    const turned = await sharp(await encoded(6))
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 95 })
      .toBuffer();
    expect(await blocksOf(turned)).toBeGreaterThan(0.33);
  });
});

async function blocksOf(bytes: Uint8Array): Promise<number> {
  const { plane } = await decodeImage(bytes, { maxPixels: 1e7 });
  const measured = compression.measure({
    plane,
    predictions: { kind: 'none' },
    predictionsBy: 'producer',
    neighbours: 'no-reference',
  });
  return measured.kind === 'measured' ? measured.raw : Number.NaN;
}
