import { seeded } from '../test/fixtures/planes.js';
import { normalDeviate } from '../src/image/normal-deviate.js';
import { sharp } from '../src/image/sharp.js';

/** Ways to spoil a photograph, each at a low, a middle and a high strength. */
export interface Spoiler {
  readonly name: string;
  /** What the three strengths are. */
  readonly strengths: readonly [number, number, number];
  readonly spoil: (photo: Pixels, strength: number, seed: number) => Promise<Uint8Array>;
}

/** Row-major RGB of 8 bits. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** As a camera writes: fine enough not to show. */
const quality = 92;

export const spoilers: readonly Spoiler[] = [
  { name: 'underexposed, factor', strengths: [0.4, 0.2, 0.1], spoil: levels((v, k) => v * k) },
  {
    name: 'underexposed, gamma',
    strengths: [2, 3, 4],
    spoil: levels((v, g) => 255 * (v / 255) ** g),
  },
  { name: 'over-exposed', strengths: [1.8, 2.5, 4], spoil: levels((v, k) => v * k) },
  {
    name: 'low contrast',
    strengths: [0.5, 0.3, 0.15],
    spoil: levels((v, k) => 128 + (v - 128) * k),
  },
  { name: 'haze', strengths: [0.4, 0.6, 0.8], spoil: levels((v, k) => v * (1 - k) + 230 * k) },
  {
    // Standard deviation at a short side of 224 pixels.
    name: 'defocus',
    strengths: [1.5, 3, 5],
    spoil: (photo, sigma) =>
      jpegOf(picture(photo).blur((sigma * Math.min(photo.width, photo.height)) / 224)),
  },
  { name: 'motion blur', strengths: [0.03, 0.06, 0.1], spoil: smeared },
  { name: 'noise', strengths: [10, 25, 50], spoil: noisy },
  {
    name: 'covered lens',
    strengths: [25, 10, 0],
    spoil: (photo, level, seed) => covered(photo, 1, level, seed),
  },
  {
    name: 'half covered',
    strengths: [0.35, 0.5, 0.65],
    spoil: (photo, share, seed) => covered(photo, share, 8, seed),
  },
  {
    name: 'compression',
    strengths: [15, 8, 4],
    spoil: async (photo, low) =>
      jpegOf(sharp(await picture(photo).jpeg({ quality: low }).toBuffer()), 95),
  },
  {
    name: 'colour cast',
    strengths: [0.15, 0.3, 0.5],
    spoil: perPixel((pixel, k) => {
      pixel[0] = (pixel[0] ?? 0) * (1 + k);
      pixel[2] = (pixel[2] ?? 0) * (1 - k);
    }),
  },
  { name: 'dark corners', strengths: [0.6, 0.8, 0.95], spoil: darkCorners },
  {
    name: 'coarse pixels',
    strengths: [3, 5, 8],
    spoil: async (photo, factor) => {
      const small = await picture(photo)
        .resize(Math.max(1, Math.round(photo.width / factor)))
        .png()
        .toBuffer();
      const { width, height } = photo;
      return jpegOf(sharp(small).resize(width, height, { kernel: 'nearest', fit: 'fill' }));
    },
  },
];

export async function pixelsOf(bytes: Uint8Array): Promise<Pixels> {
  const { data, info } = await sharp(bytes)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: new Uint8Array(data) };
}

function picture({ rgb, width, height }: Pixels) {
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

async function jpegOf(image: ReturnType<typeof sharp>, as = quality): Promise<Uint8Array> {
  return new Uint8Array(await image.jpeg({ quality: as }).toBuffer());
}

function levels(map: (level: number, strength: number) => number): Spoiler['spoil'] {
  return (photo, strength) => {
    const table = Uint8ClampedArray.from({ length: 256 }, (_, level) => map(level, strength));
    return jpegOf(picture({ ...photo, rgb: photo.rgb.map((level) => table[level] ?? 0) }));
  };
}

function perPixel(
  change: (pixel: Uint8ClampedArray, strength: number, at: number, photo: Pixels) => void,
): Spoiler['spoil'] {
  return (photo, strength) => {
    const rgb = new Uint8ClampedArray(photo.rgb);
    for (let at = 0; at < photo.width * photo.height; at += 1) {
      change(rgb.subarray(3 * at, 3 * at + 3), strength, at, photo);
    }
    return jpegOf(picture({ ...photo, rgb: new Uint8Array(rgb.buffer) }));
  };
}

/** A lens that loses light with the distance from the middle. */
function darkCorners(photo: Pixels, strength: number): Promise<Uint8Array> {
  return perPixel((pixel, k, at, { width, height }) => {
    const x = (at % width) / width - 0.5;
    const y = Math.floor(at / width) / height - 0.5;
    const left = 1 - k * 2 * (x * x + y * y);
    for (let channel = 0; channel < 3; channel += 1) pixel[channel] = (pixel[channel] ?? 0) * left;
  })(photo, strength, 0);
}

/** The mean along a line, as long as this share of the short side; across, down or slanting. */
function smeared(photo: Pixels, share: number, seed: number): Promise<Uint8Array> {
  const { width, height, rgb } = photo;
  const length = Math.max(3, Math.round(share * Math.min(width, height)));
  const angle = ((seed % 8) * Math.PI) / 8;
  const steps = Array.from({ length }, (_, at) => ({
    x: Math.round((at - length / 2) * Math.cos(angle)),
    y: Math.round((at - length / 2) * Math.sin(angle)),
  }));
  const blurred = new Uint8Array(rgb.length);
  const inside = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const sums: [number, number, number] = [0, 0, 0];
      for (const step of steps) {
        const at = 3 * (inside(y + step.y, height) * width + inside(x + step.x, width));
        for (const channel of [0, 1, 2] as const) sums[channel] += rgb[at + channel] ?? 0;
      }
      for (const channel of [0, 1, 2] as const) {
        blurred[3 * (y * width + x) + channel] = sums[channel] / length;
      }
    }
  }
  return jpegOf(picture({ ...photo, rgb: blurred }));
}

function noisy(photo: Pixels, deviation: number, seed: number): Promise<Uint8Array> {
  const normal = normals(seed);
  const rgb = Uint8ClampedArray.from(photo.rgb, (level) => level + deviation * normal());
  return jpegOf(picture({ ...photo, rgb: new Uint8Array(rgb.buffer) }));
}

/** The left part at this level, with the grain of a sensor in the dark. */
function covered(photo: Pixels, share: number, level: number, seed: number): Promise<Uint8Array> {
  const normal = normals(seed);
  return perPixel((pixel, part, at, { width }) => {
    if (at % width >= part * width) return;
    for (let channel = 0; channel < 3; channel += 1) pixel[channel] = level + 2 * normal();
  })(photo, share, seed);
}

function normals(seed: number): () => number {
  const random = seeded(seed);
  return () => normalDeviate(random);
}
