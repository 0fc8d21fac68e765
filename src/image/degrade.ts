import { acceptedType, uprightPixels } from './decode.js';
import type { PixelPlane } from './decoded-image.js';
import { normalDeviate } from './normal-deviate.js';
import { sharp } from './sharp.js';

/**
 * Ways in which production pictures go wrong, or come twice. For the demo, tests and
 * calibration: known truth to measure the miner against.
 */
export const degradations = [
  'dark',
  'over-exposed',
  'low-contrast',
  'blurred',
  'noisy',
  'recompressed',
  'resized',
  'brightened',
  'flipped',
  'cropped',
] as const;

export type Degradation = (typeof degradations)[number];

/**
 * A degraded copy as JPEG. `strength` is 0 (hardly changed) to 1 (as bad as cameras get); what it
 * means for each kind stands in the code below. The same arguments give the same bytes with one
 * build of libvips; `seed` only matters to `noisy`. Throws `image.undecodable`.
 */
export async function degrade(
  bytes: Uint8Array,
  kind: Degradation,
  strength: number,
  seed = 1,
): Promise<Uint8Array> {
  const amount = Math.min(1, Math.max(0, strength));
  const pixels = await uprightPixels(bytes, acceptedType(bytes), { maxPixels: Infinity });
  const shortSide = Math.min(pixels.width, pixels.height);
  switch (kind) {
    // Six stops either way, in linear light, as a shutter would.
    case 'dark':
      return jpegOf(mapLevels(pixels, exposure(-6 * amount)));
    case 'over-exposed':
      return jpegOf(mapLevels(pixels, exposure(6 * amount)));
    case 'brightened':
      return jpegOf(mapLevels(pixels, exposure(amount)));
    case 'low-contrast':
      return jpegOf(mapLevels(pixels, fog(pixels, amount)));
    case 'noisy':
      return jpegOf(withNoise(pixels, 60 * amount, seed));
    case 'blurred':
      // The standard deviation grows to 3 % of the short side.
      return finish(picture(pixels).blur(Math.max(0.3, 0.03 * amount * shortSide)));
    case 'recompressed':
      return finish(picture(pixels), Math.round(90 - 85 * amount));
    case 'resized':
      return finish(
        picture(pixels).resize(shrunk(pixels.width, amount), shrunk(pixels.height, amount), {
          fit: 'fill',
        }),
      );
    case 'flipped':
      return finish(picture(pixels).flop());
    case 'cropped':
      return finish(picture(pixels).extract(middle(pixels, 1 - 0.8 * amount)));
  }
}

/** JPEG quality that hides compression from the quality scores. */
const fineQuality = 92;

function picture({ rgb, width, height }: PixelPlane) {
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

async function finish(
  work: ReturnType<typeof picture>,
  quality = fineQuality,
): Promise<Uint8Array> {
  return new Uint8Array(await work.jpeg({ quality }).toBuffer());
}

async function jpegOf(pixels: PixelPlane): Promise<Uint8Array> {
  return finish(picture(pixels));
}

function mapLevels(pixels: PixelPlane, levels: Uint8ClampedArray): PixelPlane {
  return { ...pixels, rgb: pixels.rgb.map((level) => levels[level] ?? 0) };
}

/** Table of the sRGB levels after `stops` more (or fewer) doublings of light. */
function exposure(stops: number): Uint8ClampedArray {
  return Uint8ClampedArray.from({ length: 256 }, (_, level) => {
    const linear = linearOf(level / 255) * 2 ** stops;
    return Math.round(255 * codedOf(linear));
  });
}

/** Table that draws all levels towards the picture's mean, down to a twentieth of the spread. */
function fog({ rgb }: PixelPlane, amount: number): Uint8ClampedArray {
  const mean = rgb.reduce((sum, level) => sum + level, 0) / rgb.length;
  return Uint8ClampedArray.from({ length: 256 }, (_, level) =>
    Math.round(mean + (level - mean) * (1 - 0.95 * amount)),
  );
}

/** The transfer curve of IEC 61966-2-1 (sRGB) and its inverse, both 0..1. */
function linearOf(coded: number): number {
  return coded <= 0.04045 ? coded / 12.92 : ((coded + 0.055) / 1.055) ** 2.4;
}

function codedOf(linear: number): number {
  return linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
}

/** Adds Gaussian noise of that many grey levels, the same for the same seed. */
function withNoise(pixels: PixelPlane, deviation: number, seed: number): PixelPlane {
  const random = randomNumbers(seed);
  const noisy = Uint8ClampedArray.from(
    pixels.rgb,
    (level) => level + deviation * normalDeviate(random),
  );
  return { ...pixels, rgb: new Uint8Array(noisy.buffer) };
}

/** Uniform numbers in [0, 1) by the 32-bit generator of Park and Miller's MINSTD (1988). */
function randomNumbers(seed: number): () => number {
  const modulus = 2_147_483_647;
  let state = (Math.abs(Math.trunc(seed)) % (modulus - 1)) + 1;
  return () => {
    state = (state * 48_271) % modulus;
    return (state - 1) / (modulus - 1);
  };
}

function shrunk(length: number, amount: number): number {
  return Math.max(1, Math.round(length * (1 - 0.75 * amount)));
}

function middle({ width, height }: PixelPlane, share: number) {
  const kept = {
    width: Math.max(1, Math.round(width * share)),
    height: Math.max(1, Math.round(height * share)),
  };
  return {
    left: Math.floor((width - kept.width) / 2),
    top: Math.floor((height - kept.height) / 2),
    ...kept,
  };
}
