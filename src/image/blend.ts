import { acceptedType, uprightPixels } from './decode.js';
import { sharp } from './sharp.js';

/**
 * A double exposure, as JPEG of the first picture's size: `share` (0..1) of the second laid over
 * the first. It happens where a camera's frames run into each other. Throws `image.undecodable`.
 */
export async function blend(
  first: Uint8Array,
  second: Uint8Array,
  share: number,
): Promise<Uint8Array> {
  const limits = { maxPixels: Infinity };
  const below = await uprightPixels(first, acceptedType(first), limits);
  const above = await uprightPixels(second, acceptedType(second), limits);
  const fitted = await sharp(above.rgb, {
    raw: { width: above.width, height: above.height, channels: 3 },
  })
    .resize(below.width, below.height, { fit: 'cover' })
    .raw()
    .toBuffer();
  const mixed = below.rgb.map((level, at) => level + ((fitted[at] ?? 0) - level) * share);
  const jpeg = await sharp(mixed, {
    raw: { width: below.width, height: below.height, channels: 3 },
  })
    .jpeg({ quality: 92 })
    .toBuffer();
  return new Uint8Array(jpeg);
}
