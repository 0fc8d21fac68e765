import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawRgb, scene } from '../../test/fixtures/draw-picture.js';
import { colourProfileName } from './colour-profile.js';
import { decodeImage } from './decode.js';
import { exifTexts } from './exif-texts.js';
import { jpegQuantisation } from './jpeg-quantisation.js';
import { sharp } from './sharp.js';

const picture = sharp(drawRgb(60, 40, scene(60, 40, 1)), {
  raw: { width: 60, height: 40, channels: 3 },
});
const factsOf = async (encoder: { toBuffer(): Promise<Buffer> }) =>
  (await decodeImage(await encoder.toBuffer(), { maxPixels: 1e6 })).format;

describe('formatFacts', () => {
  it('tells a JPEG’s quality, subsampling and scan', async () => {
    expect(await factsOf(picture.clone().jpeg({ quality: 83 }))).toEqual({
      width: 60,
      height: 40,
      container: 'image/jpeg',
      colourMode: 'RGB',
      bitsPerChannel: 8,
      chromaSubsampling: '4:2:0',
      scan: 'sequential',
      orientation: 1,
      colourProfile: 'none',
      compression: 'quality 83',
      camera: 'none',
      software: 'none',
    });
    const other = { progressive: true, chromaSubsampling: '4:4:4', quality: 83 } as const;
    expect(await factsOf(picture.clone().jpeg(other))).toMatchObject({
      chromaSubsampling: '4:4:4',
      scan: 'progressive',
      compression: 'quality 83',
    });
    // Tables that are not the standard's.
    const { compression } = await factsOf(picture.clone().jpeg({ quantisationTable: 3 }));
    expect(compression).toMatch(/^own tables [0-9a-f]{8}$/);
  });

  it.each([
    ['PNG', picture.clone().png(), { container: 'image/png', bitsPerChannel: 8 }],
    ['AVIF', picture.clone().avif(), { compression: 'AV1', chromaSubsampling: 'unknown' }],
    ['16-bit PNG', picture.clone().toColourspace('rgb16').png(), { bitsPerChannel: 16 }],
    ['palette', picture.clone().png({ palette: true, colours: 4 }), { colourMode: 'palette' }],
    ['grey', picture.clone().toColourspace('b-w').jpeg(), { colourMode: 'grey' }],
    ['grey 16', picture.clone().toColourspace('grey16').png(), { colourMode: 'grey' }],
    ['CMYK', picture.clone().toColourspace('cmyk').jpeg(), { colourMode: 'CMYK' }],
    ['alpha', picture.clone().ensureAlpha(0.5).png(), { colourMode: 'RGB with transparency' }],
    ['WebP', picture.clone().webp(), { compression: 'lossy', chromaSubsampling: '4:2:0' }],
    ['lossless WebP', picture.clone().webp({ lossless: true }), { compression: 'lossless' }],
    [
      'WebP with a profile',
      picture.clone().withIccProfile('p3').webp({ lossless: true }),
      { compression: 'lossless', colourProfile: 'sP3C' },
    ],
    ['10-bit AVIF', picture.clone().avif({ bitdepth: 10 }), { bitsPerChannel: 10 }],
  ] as const)('tells %s', async (_, encoder, expected) => {
    expect(await factsOf(encoder)).toMatchObject(expected);
  });

  it('reads orientation, camera, software and profile, and the size of the upright picture', async () => {
    const tagged = picture
      .clone()
      .withExif({ IFD0: { Make: 'Canon', Model: 'Canon EOS\n5D ', Software: 'Editor 2.10' } })
      .withMetadata({ orientation: 6 })
      .jpeg();
    expect(await factsOf(tagged)).toMatchObject({
      width: 40,
      height: 60,
      orientation: 6,
      camera: 'Canon EOS 5D',
      software: 'Editor 2.10',
      colourProfile: 'sRGB',
    });
  });

  it('survives hostile blocks', () => {
    const block = fc.uint8Array({ maxLength: 300 });
    const head = fc.constantFrom(
      '',
      'Exif\0\0II*\0\x08\0\0\0',
      'MM\0*\0\0\0\x08',
      '\xff\xd8\xff\xdb',
    );
    fc.assert(
      fc.property(head, block, (start, rest) => {
        const bytes = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
        const { make, model, software } = exifTexts(bytes);
        for (const text of [make, model, software]) expect(text.length).toBeLessThan(61);
        expect(colourProfileName(bytes)).toMatch(/^[\x20-\x7e]{1,60}$/);
        expect(jpegQuantisation(bytes)).toMatch(/^(no tables|quality \d+|own tables [0-9a-f]{8})$/);
      }),
    );
  });
});
