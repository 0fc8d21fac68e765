import { deflateSync, crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isEdgeminerError } from '../../src/faults.js';
import { decodeImage } from '../../src/image/decode.js';
import { sharp } from '../../src/image/sharp.js';
import { drawRgb, scene } from '../fixtures/draw-picture.js';

const limits = { maxPixels: 50_000_000 };
const [width, height] = [96, 64];

type Rgb = readonly [number, number, number];

/** Four plain quarters: red, green, blue, grey. */
const quarters: readonly Rgb[] = [
  [200, 30, 30],
  [30, 180, 40],
  [30, 40, 200],
  [128, 128, 128],
];
const rgb = drawRgb(width, height, (x, y) => {
  const quarter = (y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1);
  return quarters[quarter] ?? [0, 0, 0];
});
const raw = () => sharp(rgb, { raw: { width, height, channels: 3 } });

/** Colours that ink can print. */
const muted: readonly Rgb[] = [
  [150, 95, 90],
  [95, 130, 100],
  [100, 100, 135],
  [128, 128, 128],
];
const mutedRaw = () => {
  const pixels = drawRgb(width, height, (x, y) => {
    const quarter = (y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1);
    return muted[quarter] ?? [0, 0, 0];
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } });
};

interface Case {
  readonly name: string;
  readonly make: () => Promise<Uint8Array>;
  /** Colours of the quarters: top left, top right, bottom left, bottom right. */
  readonly expected?: readonly Rgb[];
  readonly size?: readonly [number, number];
  /** How far a colour may be off; the codec's loss. */
  readonly within?: number;
}

/** sRGB (IEC 61966-2-1), 0..1. */
const linear = (level: number) =>
  level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
const gammaCoded = (level: number) =>
  level <= 0.0031308 ? level * 12.92 : 1.055 * level ** (1 / 2.4) - 0.055;

/** sharp makes grey of a colour's luminance, in linear light. */
const grey = quarters.map(([r, g, b]): Rgb => {
  const [red, green, blue] = [r, g, b].map((level) => linear(level / 255));
  const light = 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
  const level = Math.round(gammaCoded(light) * 255);
  return [level, level, level];
});
const order = (...of: readonly number[]): Rgb[] =>
  of.map((at) => quarters[at] ?? ([0, 0, 0] as const));

const good: readonly Case[] = [
  { name: 'JPEG', make: () => raw().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer() },
  {
    name: 'JPEG progressive',
    make: () => raw().jpeg({ quality: 95, progressive: true }).toBuffer(),
  },
  {
    name: 'JPEG grey',
    make: () => raw().greyscale().jpeg({ quality: 95 }).toBuffer(),
    expected: grey,
    within: 4,
  },
  {
    name: 'JPEG CMYK',
    make: () => mutedRaw().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
    expected: muted,
    within: 16,
  },
  {
    name: 'JPEG with a P3 profile',
    make: () =>
      raw().withIccProfile('p3').jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(),
  },
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((orientation): Case => ({
    name: `JPEG, EXIF orientation ${orientation}`,
    make: () => raw().withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer(),
    expected:
      [
        order(0, 1, 2, 3),
        order(1, 0, 3, 2),
        order(3, 2, 1, 0),
        order(2, 3, 0, 1),
        order(0, 2, 1, 3),
        order(2, 0, 3, 1),
        order(3, 1, 2, 0),
        order(1, 3, 0, 2),
      ][orientation - 1] ?? [],
    size: orientation < 5 ? [width, height] : [height, width],
  })),
  { name: 'PNG', make: () => raw().png().toBuffer(), within: 0 },
  { name: 'PNG interlaced', make: () => raw().png({ progressive: true }).toBuffer(), within: 0 },
  { name: 'PNG palette', make: () => raw().png({ palette: true }).toBuffer(), within: 3 },
  { name: 'PNG 16 bit', make: () => raw().toColourspace('rgb16').png().toBuffer(), within: 1 },
  {
    name: 'PNG 16 bit grey',
    make: () => raw().toColourspace('grey16').png().toBuffer(),
    expected: grey,
    within: 4,
  },
  {
    name: 'PNG alpha, half transparent',
    make: () => raw().ensureAlpha(0.5).png().toBuffer(),
    // On black.
    expected: quarters.map(([r, g, b]): Rgb => [r / 2, g / 2, b / 2]),
    within: 3,
  },
  {
    name: 'PNG grey and alpha',
    make: () => raw().greyscale().ensureAlpha(1).png().toBuffer(),
    expected: grey,
    within: 4,
  },
  {
    name: 'PNG 1 bit',
    make: () => Promise.resolve(oneBitPng(32, 32)),
    expected: [
      [255, 255, 255],
      [0, 0, 0],
      [0, 0, 0],
      [255, 255, 255],
    ],
    size: [32, 32],
    within: 0,
  },
  { name: 'WebP', make: () => raw().webp({ quality: 95 }).toBuffer(), within: 14 },
  { name: 'WebP lossless', make: () => raw().webp({ lossless: true }).toBuffer(), within: 0 },
  {
    name: 'WebP animated: the first frame',
    make: async () => {
      const frames = Buffer.concat([Buffer.from(rgb), Buffer.alloc(rgb.length, 10)]);
      return sharp(frames, {
        raw: { width, height: height * 2, channels: 3, pageHeight: height },
      })
        .webp({ lossless: true, loop: 0, delay: [100, 100] })
        .toBuffer();
    },
    within: 0,
  },
  {
    name: 'AVIF',
    make: () => raw().avif({ quality: 90, chromaSubsampling: '4:4:4' }).toBuffer(),
    within: 14,
  },
  {
    name: 'PNG 1 x 1',
    make: () =>
      sharp({ create: { width: 1, height: 1, channels: 3, background: '#c81e1e' } })
        .png()
        .toBuffer(),
    expected: [
      [200, 30, 30],
      [200, 30, 30],
      [200, 30, 30],
      [200, 30, 30],
    ],
    size: [1, 1],
    within: 0,
  },
  {
    name: 'PNG 4000 x 2',
    make: () =>
      sharp({ create: { width: 4000, height: 2, channels: 3, background: '#1eb428' } })
        .png()
        .toBuffer(),
    expected: [
      [30, 180, 40],
      [30, 180, 40],
      [30, 180, 40],
      [30, 180, 40],
    ],
    size: [4000, 2],
    within: 2,
  },
];

const jpeg = raw().jpeg({ quality: 90 }).toBuffer();

/** The code is `image.undecodable` but for those that claim too many pixels. */
interface BadCase {
  readonly name: string;
  readonly make: () => Promise<Uint8Array>;
  readonly tooLarge?: true;
}

const bad: readonly BadCase[] = [
  { name: 'nothing', make: async () => new Uint8Array() },
  { name: 'text', make: async () => Buffer.from('this is no image') },
  {
    name: 'HTML named .jpg',
    make: async () => Buffer.from('<!doctype html><script>alert(1)</script>'),
  },
  {
    name: 'SVG',
    make: async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>'),
  },
  { name: 'PDF', make: async () => Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj') },
  { name: 'GIF', make: () => raw().gif().toBuffer() },
  { name: 'TIFF', make: () => raw().tiff().toBuffer() },
  { name: 'BMP', make: async () => Buffer.from(`424d${'00'.repeat(60)}`, 'hex') },
  { name: 'ZIP', make: async () => Buffer.from(`504b0304${'00'.repeat(60)}`, 'hex') },
  { name: 'JPEG XL', make: async () => Buffer.from(`ff0a${'11'.repeat(60)}`, 'hex') },
  {
    name: 'HEIC by its brand',
    make: async () =>
      Buffer.concat([Buffer.from('00000018', 'hex'), Buffer.from('ftypheic\0\0\0\0mif1heic')]),
  },
  {
    name: 'AVIF by its brand, HEVC inside',
    make: async () =>
      Buffer.concat([
        Buffer.from('00000018', 'hex'),
        Buffer.from('ftypavif\0\0\0\0mif1heic'),
        Buffer.alloc(200, 1),
      ]),
  },
  { name: 'JPEG header alone', make: async () => (await jpeg).subarray(0, 30) },
  { name: 'PNG header alone', make: async () => (await raw().png().toBuffer()).subarray(0, 33) },
  {
    name: 'WebP of another length',
    make: async () => (await raw().webp().toBuffer()).subarray(0, 100),
  },
  {
    name: 'PNG bomb, 14,000 x 14,000',
    make: async () => flatPng(14_000, 14_000),
    tooLarge: true,
  },
  {
    name: 'PNG that claims 65,535 x 65,535',
    make: async () => claimedPng(65_535, 65_535),
    tooLarge: true,
  },
  { name: 'PNG that claims 2^31 - 1 pixels wide', make: async () => claimedPng(0x7fffffff, 1) },
  {
    name: 'JPEG that claims 65,500 x 65,500',
    tooLarge: true,
    make: async () => {
      const bytes = Buffer.from(await jpeg);
      const at = bytes.indexOf(Buffer.from('ffc0', 'hex'));
      bytes.writeUInt16BE(65_500, at + 5);
      bytes.writeUInt16BE(65_500, at + 7);
      return bytes;
    },
  },
];

interface Row {
  readonly name: string;
  readonly bytes: number;
  readonly what: string;
}

async function happens(name: string, bytes: Uint8Array): Promise<Row> {
  const what = await decodeImage(bytes, limits).then(
    (image) => `${image.width} x ${image.height} ${image.contentType}`,
    (error: unknown) =>
      isEdgeminerError(error) ? `${error.code}: ${error.message}` : `CRASHED: ${String(error)}`,
  );
  return { name, bytes: bytes.length, what };
}

function show(title: string, rows: readonly Row[]): void {
  const lines = rows.map(
    ({ name, bytes, what }) => `  ${name.padEnd(38)} ${String(bytes).padStart(8)}  ${what}`,
  );
  console.log(`[integrity] ${title}\n${lines.join('\n')}`);
}

describe('formats', () => {
  it('that are accepted come out right', async () => {
    const rows: Row[] = [];
    for (const { name, make, expected = quarters, size = [width, height], within = 12 } of good) {
      const bytes = new Uint8Array(await make());
      rows.push(await happens(name, bytes));
      const { plane, ...image } = await decodeImage(bytes, limits);
      expect([name, image.width, image.height]).toEqual([name, ...size]);
      expected.forEach((colour, quarter) => {
        const x = Math.floor(plane.width * (quarter % 2 === 0 ? 0.25 : 0.75));
        const y = Math.floor(plane.height * (quarter < 2 ? 0.25 : 0.75));
        const at = (y * plane.width + x) * 3;
        const found = [...plane.rgb.subarray(at, at + 3)];
        const off = Math.max(
          ...found.map((level, channel) => Math.abs(level - (colour[channel] ?? 0))),
        );
        expect(
          off,
          `${name}, quarter ${quarter}: ${found.join()} for ${colour.join()}`,
        ).toBeLessThanOrEqual(within);
      });
    }
    show('formats that are accepted', rows);
  });

  it('that are not are refused by their content, and no bomb goes off', async () => {
    const rows: Row[] = [];
    const before = process.memoryUsage.rss();
    for (const { name, make } of bad) rows.push(await happens(name, new Uint8Array(await make())));
    const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
    show(`formats that are refused (memory grew by ${grown.toFixed(0)} MiB)`, rows);
    expect(rows.map(({ name, what }) => [name, what.split(':')[0]])).toEqual(
      bad.map(({ name, tooLarge }) => [
        name,
        tooLarge === true ? 'image.too-large' : 'image.undecodable',
      ]),
    );
  });

  it('cut at every percent of their length say so, and nothing crashes', async () => {
    const picture = drawRgb(200, 150, scene(200, 150, 3));
    const whole = await sharp(picture, { raw: { width: 200, height: 150, channels: 3 } })
      .jpeg({ quality: 90 })
      .toBuffer();
    const rows: Row[] = [];
    for (let percent = 0; percent < 100; percent += 1) {
      const cut = whole.subarray(0, Math.floor((whole.length * percent) / 100));
      rows.push(await happens(`${percent} %`, new Uint8Array(cut)));
    }
    const kinds = new Map<string, string[]>();
    for (const { name, what } of rows) {
      const kind = what.replace(/\d+ bytes/, 'N bytes').replace(/start with \w+/, 'start with ...');
      kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
    }
    const lines = [...kinds].map(
      ([what, names]) => `  ${`${names[0] ?? ''} to ${names.at(-1) ?? ''}`.padEnd(16)} ${what}`,
    );
    console.log(`[integrity] a JPEG cut at every 1 % of its length\n${lines.join('\n')}`);
    expect(rows.filter(({ what }) => !what.startsWith('image.undecodable'))).toEqual([]);
    expect((await happens('whole', new Uint8Array(whole))).what).toBe('200 x 150 image/jpeg');
  });
});

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

function pngOf(wide: number, high: number, bits: number, pixels: Uint8Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(wide, 0);
  header.writeUInt32BE(high, 4);
  header[8] = bits;
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', new Uint8Array()),
  ]);
}

/** White in two opposite quarters. */
function oneBitPng(wide: number, high: number): Buffer {
  const stride = wide / 8;
  const rows = Buffer.alloc((stride + 1) * high);
  for (let y = 0; y < high; y += 1) {
    const from = y < high / 2 ? 0 : stride / 2;
    rows.fill(0xff, y * (stride + 1) + 1 + from, y * (stride + 1) + 1 + from + stride / 2);
  }
  return pngOf(wide, high, 1, deflateSync(rows));
}

/** Small as a file, 196 million pixels as a picture. */
function flatPng(wide: number, high: number): Buffer {
  return pngOf(wide, high, 8, deflateSync(Buffer.alloc((wide + 1) * high)));
}

function claimedPng(wide: number, high: number): Buffer {
  return pngOf(wide, high, 8, deflateSync(Buffer.alloc(100)));
}
