import { describe, expect, it } from 'vitest';
import { contentTypeOf, otherPictureFormat } from './content-type.js';
import { sharp } from './sharp.js';

const drawn = sharp({ create: { width: 8, height: 8, channels: 3, background: '#abc' } });

describe('contentTypeOf', () => {
  it.each([
    ['jpeg', 'image/jpeg'],
    ['png', 'image/png'],
    ['webp', 'image/webp'],
    ['avif', 'image/avif'],
  ] as const)('knows %s by its bytes', async (format, expected) => {
    expect(contentTypeOf(await drawn.clone().toFormat(format).toBuffer())).toBe(expected);
  });

  it.each(['gif', 'tiff'] as const)('does not accept %s, and knows it', async (format) => {
    const bytes = await drawn.clone().toFormat(format).toBuffer();
    expect(contentTypeOf(bytes)).toBeUndefined();
    expect(otherPictureFormat(bytes)).toBe(format.toUpperCase());
  });

  it('does not accept other files that share a container', () => {
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1');
    const wave = Buffer.from('RIFF\x24\0\0\0WAVEfmt ', 'latin1');
    const video = Buffer.from('\0\0\0\x18ftypisom\0\0\0\0mp41isom', 'latin1');
    for (const bytes of [heic, wave, video]) expect(contentTypeOf(bytes)).toBeUndefined();
    expect([heic, wave, video].map(otherPictureFormat)).toEqual(['HEIC', undefined, undefined]);
  });

  it('finds AVIF among the compatible brands', () => {
    const bytes = Buffer.from('\0\0\0\x18ftypmif1\0\0\0\0miafavif', 'latin1');
    expect(contentTypeOf(bytes)).toBe('image/avif');
  });

  it('survives every prefix', async () => {
    const avif = await drawn.clone().avif().toBuffer();
    for (let length = 0; length < 40; length += 1) {
      const found = contentTypeOf(avif.subarray(0, length));
      expect([undefined, 'image/avif']).toContain(found);
    }
  });
});
