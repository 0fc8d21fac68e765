import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { drawRgb } from '../../test/fixtures/draw-picture.js';
import type { Paint } from '../../test/fixtures/draw-picture.js';
import { decodeImage, describePicture } from './decode.js';
import { lumaOf } from './luma.js';
import { sharp } from './sharp.js';

const limits = { maxPixels: 50_000_000 };

/** Four quadrants: red, green; blue, white. */
const quadrants =
  (width: number, height: number): Paint =>
  (x, y) =>
    y < height / 2
      ? x < width / 2
        ? [255, 0, 0]
        : [0, 255, 0]
      : x < width / 2
        ? [0, 0, 255]
        : [255, 255, 255];

function picture(width: number, height: number, paint: Paint = quadrants(width, height)) {
  return sharp(drawRgb(width, height, paint), { raw: { width, height, channels: 3 } });
}

type Decoded = Awaited<ReturnType<typeof decodeImage>>;

function pixel({ plane }: Decoded, x: number, y: number): number[] {
  const at = (y * plane.width + x) * 3;
  return [...plane.rgb.subarray(at, at + 3)];
}

function corners(decoded: Decoded): number[][] {
  const { width, height } = decoded.plane;
  const [left, right] = [Math.floor(width / 4), Math.floor((3 * width) / 4)];
  const [top, bottom] = [Math.floor(height / 4), Math.floor((3 * height) / 4)];
  return [
    pixel(decoded, left, top),
    pixel(decoded, right, top),
    pixel(decoded, left, bottom),
    pixel(decoded, right, bottom),
  ];
}

function expectQuadrants(decoded: Decoded, tolerance: number): void {
  const expected = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
  ];
  for (const [index, colour] of corners(decoded).entries()) {
    for (const [channel, level] of colour.entries()) {
      expect(Math.abs(level - (expected[index]?.[channel] ?? NaN))).toBeLessThanOrEqual(tolerance);
    }
  }
}

describe('decodeImage gives one plane whatever the form', () => {
  it.each([
    ['JPEG', picture(64, 48).jpeg({ quality: 95 }), 12],
    ['progressive JPEG', picture(64, 48).jpeg({ progressive: true, quality: 95 }), 12],
    ['PNG', picture(64, 48).png(), 0],
    ['palette PNG', picture(64, 48).png({ palette: true, colours: 8 }), 3],
    ['interlaced PNG', picture(64, 48).png({ progressive: true }), 0],
    ['16-bit PNG', picture(64, 48).toColourspace('rgb16').png(), 0],
    ['PNG with opaque alpha', picture(64, 48).ensureAlpha().png(), 0],
    ['lossless WebP', picture(64, 48).webp({ lossless: true }), 0],
    ['WebP', picture(64, 48).webp({ quality: 95 }), 30],
    ['AVIF', picture(64, 48).avif({ quality: 90 }), 20],
    ['PNG in Display P3', picture(64, 48).withIccProfile('p3').png(), 3],
  ] as const)('%s', async (_, encoder, tolerance) => {
    const decoded = await decodeImage(await encoder.toBuffer(), limits);
    expect(decoded).toMatchObject({ width: 64, height: 48 });
    expect(decoded.plane).toMatchObject({ width: 64, height: 48 });
    expect(decoded.plane.rgb).toHaveLength(64 * 48 * 3);
    expect(lumaOf(decoded.plane)).toHaveLength(64 * 48);
    expectQuadrants(decoded, tolerance);
  });

  it.each(['b-w', 'grey16'])('grey PNG (%s)', async (space) => {
    const bytes = await picture(20, 10, () => [90, 90, 90])
      .toColourspace(space)
      .png()
      .toBuffer();
    const decoded = await decodeImage(bytes, limits);
    expect(pixel(decoded, 3, 3)).toEqual([90, 90, 90]);
    expect(lumaOf(decoded.plane)[0]).toBe(90);
  });

  it('grey JPEG', async () => {
    const bytes = await picture(20, 10, () => [90, 90, 90])
      .grayscale()
      .jpeg()
      .toBuffer();
    expect(pixel(await decodeImage(bytes, limits), 3, 3)).toEqual([90, 90, 90]);
  });

  it.each([
    ['with its profile', true],
    ['without a profile', false],
  ])('CMYK JPEG %s', async (_, keepProfile) => {
    // Within the gamut of print, so that the way there and back loses little.
    const source = picture(20, 10, () => [180, 110, 70]).toColourspace('cmyk');
    const encoder = keepProfile ? source.keepIccProfile() : source;
    const bytes = await encoder.jpeg({ quality: 95 }).toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe('cmyk');
    const [r = 0, g = 0, b = 0] = pixel(await decodeImage(bytes, limits), 3, 3);
    expect(Math.max(Math.abs(r - 180), Math.abs(g - 110), Math.abs(b - 70))).toBeLessThan(20);
  });

  it('flattens transparency onto black', async () => {
    const rgba = new Uint8Array(10 * 10 * 4).fill(255);
    for (let at = 3; at < rgba.length; at += 4) rgba[at] = at < 200 ? 0 : 128;
    const bytes = await sharp(rgba, { raw: { width: 10, height: 10, channels: 4 } })
      .png()
      .toBuffer();
    const decoded = await decodeImage(bytes, limits);
    expect(pixel(decoded, 0, 0)).toEqual([0, 0, 0]);
    expect(pixel(decoded, 0, 9)).toEqual([128, 128, 128]);
  });

  it('takes the first frame of an animation', async () => {
    const frames = drawRgb(16, 32, (_, y) => (y < 16 ? [255, 0, 0] : [0, 0, 255]));
    const bytes = await sharp(frames, {
      raw: { width: 16, height: 32, channels: 3, pageHeight: 16 },
    })
      .webp({ lossless: true, delay: [100, 100] })
      .toBuffer();
    const decoded = await decodeImage(bytes, limits);
    expect(decoded).toMatchObject({ width: 16, height: 16 });
    expect(pixel(decoded, 8, 15)).toEqual([255, 0, 0]);
  });

  it('weighs luma by BT.709', async () => {
    const decoded = await decodeImage(await picture(8, 8).png().toBuffer(), limits);
    const at = (x: number, y: number) => lumaOf(decoded.plane)[y * 8 + x];
    expect([at(0, 0), at(7, 0), at(0, 7), at(7, 7)]).toEqual([54, 182, 18, 255]);
  });
});

describe('decodeImage sets pictures upright', () => {
  const [width, height] = [40, 24];
  const upright = quadrants(width, height);
  /** Where the stored pixel at column c, row r stands in the upright picture (EXIF 2.32). */
  const places: Record<number, (c: number, r: number) => [number, number]> = {
    1: (c, r) => [c, r],
    2: (c, r) => [width - 1 - c, r],
    3: (c, r) => [width - 1 - c, height - 1 - r],
    4: (c, r) => [c, height - 1 - r],
    5: (c, r) => [r, c],
    6: (c, r) => [width - 1 - r, c],
    7: (c, r) => [width - 1 - r, height - 1 - c],
    8: (c, r) => [r, height - 1 - c],
  };

  it.each(Object.entries(places))('EXIF orientation %s', async (orientation, place) => {
    const turned = Number(orientation) >= 5;
    const stored: [number, number] = turned ? [height, width] : [width, height];
    for (const encode of [
      (source: ReturnType<typeof picture>) => source.png(),
      (source: ReturnType<typeof picture>) => source.jpeg({ quality: 95 }),
    ]) {
      const source = picture(...stored, (c, r) => upright(...place(c, r)));
      const bytes = await encode(
        source.withMetadata({ orientation: Number(orientation) }),
      ).toBuffer();
      const decoded = await decodeImage(bytes, limits);
      expect(decoded).toMatchObject({ width, height });
      expect(decoded.plane).toMatchObject({ width, height });
      expectQuadrants(decoded, 20);
      expect(await describePicture(bytes)).toEqual({ width, height });
    }
  });
});

describe('decodeImage keeps the plane at the working size', () => {
  it.each([
    [1024, 256, 512, 128],
    [300, 1200, 128, 512],
    [512, 10, 512, 10],
    [3000, 2, 512, 1],
    [1, 1, 1, 1],
  ])('%i x %i becomes %i x %i', async (width, height, planeWidth, planeHeight) => {
    const decoded = await decodeImage(await picture(width, height).jpeg().toBuffer(), limits);
    expect(decoded).toMatchObject({ width, height });
    expect(decoded.plane).toMatchObject({ width: planeWidth, height: planeHeight });
    expect(lumaOf(decoded.plane)).toHaveLength(planeWidth * planeHeight);
  });
});

describe('decodeImage refuses', () => {
  const drawn = () => picture(64, 48, (x, y) => [(x * 37) % 256, (y * 91) % 256, (x * y) % 256]);

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['text', Buffer.from('this is no picture at all')],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['PDF', Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n')],
    ['zeros', Buffer.alloc(5000)],
  ])('%s', async (_, bytes) => {
    await expect(decodeImage(bytes, limits)).rejects.toMatchObject({
      code: 'image.undecodable',
      field: 'image',
    });
  });

  it.each(['gif', 'tiff'] as const)('%s, and says that it is one', async (format) => {
    const bytes = await drawn().toFormat(format).toBuffer();
    await expect(decodeImage(bytes, limits)).rejects.toThrow(
      `The image is ${format.toUpperCase()}; edgeminer reads JPEG`,
    );
  });

  it('what it does not know, and says what it starts with', async () => {
    const bytes = Buffer.from('this is no picture');
    await expect(decodeImage(bytes, limits)).rejects.toThrow(bytes.subarray(0, 8).toString('hex'));
  });

  it('keeps the loaders of other formats shut, even behind the check of the bytes', async () => {
    const tiff = await drawn().tiff().toBuffer();
    await expect(sharp(tiff).metadata()).rejects.toThrow('unsupported');
  });

  it('a header without a picture', async () => {
    for (const magic of ['ffd8ffe0', '89504e470d0a1a0a', '5249464600000000574542505650382000']) {
      const bytes = Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(64, 7)]);
      await expect(decodeImage(bytes, limits)).rejects.toMatchObject({ code: 'image.undecodable' });
    }
  });

  it.each([
    ['JPEG', () => drawn().jpeg()],
    ['progressive JPEG', () => drawn().jpeg({ progressive: true })],
    ['PNG', () => drawn().png()],
    ['interlaced PNG', () => drawn().png({ progressive: true })],
    ['WebP', () => drawn().webp()],
    ['AVIF', () => drawn().avif()],
  ])('a truncated %s, and says so', async (_, encode) => {
    const whole = await encode().toBuffer();
    for (const share of [0.3, 0.5, 0.75, 0.9, 0.97]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      await expect(decodeImage(cut, limits)).rejects.toMatchObject({ code: 'image.undecodable' });
      // Below that, not even the header is whole, and a decoder can't tell cut from broken.
      if (share >= 0.75) await expect(decodeImage(cut, limits)).rejects.toThrow('truncated');
    }
  });

  it('a truncated JPEG that is larger than the working plane', async () => {
    const noise = (x: number, y: number) => (x * 73 + y * 151 + ((x * y) % 61) * 7) % 256;
    const whole = await picture(1500, 1000, (x, y) => [noise(x, y), noise(y, x), noise(x + y, x)])
      .jpeg()
      .toBuffer();
    for (const share of [0.5, 0.9, 0.98]) {
      const cut = whole.subarray(0, Math.floor(whole.length * share));
      await expect(decodeImage(cut, limits)).rejects.toThrow('truncated');
    }
  });

  it('a picture beyond the limit, from its header', async () => {
    const bytes = await picture(200, 100).jpeg().toBuffer();
    await expect(decodeImage(bytes, { maxPixels: 19_999 })).rejects.toMatchObject({
      code: 'image.too-large',
      message: expect.stringContaining('200 x 100') as string,
    });
    await expect(decodeImage(bytes, { maxPixels: 20_000 })).resolves.toBeDefined();
  });

  it('a bomb, without unpacking it', async () => {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(14_000, 0);
    header.writeUInt32BE(14_000, 4);
    header.set([8, 2, 0, 0, 0], 8);
    const bomb = Buffer.concat([
      Buffer.from('89504e470d0a1a0a', 'hex'),
      pngChunk('IHDR', header),
      pngChunk('IDAT', deflateSync(Buffer.alloc(42_001 * 1000))),
      pngChunk('IEND', Buffer.alloc(0)),
    ]);
    const before = process.memoryUsage().rss;
    await expect(decodeImage(bomb, limits)).rejects.toMatchObject({ code: 'image.too-large' });
    // Unpacked, it would take 588 MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });
});

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
