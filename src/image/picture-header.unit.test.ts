import type { JpegOptions } from 'sharp';
import { describe, expect, it } from 'vitest';
import { formatFacts } from './format-facts.js';
import { readPictureHeader } from './picture-header.js';
import { sharp } from './sharp.js';

/** Noise, so that two pictures of one form have other pixels and other Huffman tables. */
async function jpeg(
  seed: number,
  form: JpegOptions & { readonly width?: number; readonly orientation?: number; grey?: boolean },
): Promise<Uint8Array> {
  const { width = 64, orientation = 1, grey = false, ...options } = form;
  const values = Uint8Array.from({ length: width * 48 * 3 }, (_, at) => ((at * seed) % 251) * 0.9);
  let picture = sharp(values, { raw: { width, height: 48, channels: 3 } });
  if (grey) picture = picture.greyscale();
  return new Uint8Array(await picture.withMetadata({ orientation }).jpeg(options).toBuffer());
}

const forms = [
  { quality: 90 },
  { quality: 91 },
  { quality: 90, width: 65 },
  { quality: 90, orientation: 6 },
  { quality: 90, progressive: true },
  { quality: 90, chromaSubsampling: '4:4:4' },
  { quality: 90, grey: true },
] as const;

describe('the header of a JPEG', () => {
  it('says the same of a picture whose header was seen before as of the first', async () => {
    const pictures = await Promise.all(
      [7, 11, 7].flatMap((seed) => forms.map((form) => jpeg(seed, form))),
    );
    for (const bytes of pictures) {
      const metadata = await sharp(bytes).metadata();
      expect(await readPictureHeader(bytes, 'image/jpeg')).toEqual({
        stored: { width: metadata.width, height: metadata.height },
        ...metadata.autoOrient,
        format: formatFacts(bytes, 'image/jpeg', metadata),
      });
    }
  });

  it('is refused where it breaks off, however often it was seen whole', async () => {
    const bytes = await jpeg(7, forms[0]);
    await readPictureHeader(bytes, 'image/jpeg');
    await expect(readPictureHeader(bytes.subarray(0, 200), 'image/jpeg')).rejects.toThrow();
  });

  it('is read once for the frames of a camera, whatever their pixels and comments', async () => {
    const plain = await jpeg(7, forms[0]);
    const comment = Uint8Array.of(0xff, 0xfe, 0, 6, 104, 101, 108, 111);
    const commented = Uint8Array.from([...plain.subarray(0, 2), ...comment, ...plain.subarray(2)]);
    const first = await readPictureHeader(plain, 'image/jpeg');
    expect(await readPictureHeader(commented, 'image/jpeg')).toBe(first);
    expect(await readPictureHeader(await jpeg(11, forms[0]), 'image/jpeg')).toBe(first);
  });
});
