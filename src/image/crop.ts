import { EdgeminerError } from '../faults.js';
import { acceptedType, uprightPixels } from './decode.js';
import { sharp } from './sharp.js';

/** Whole pixels of the upright picture. */
export interface CropRegion {
  readonly left: number;
  readonly top: number;
  /** 1 or more. */
  readonly width: number;
  readonly height: number;
  /** JPEG quality, 1..100; 92 unless told. */
  readonly quality?: number;
}

/**
 * Cuts a region out of a picture, as JPEG, in its own resolution. Throws `input.invalid` for a
 * region that is not inside the picture, `image.undecodable` for a picture that can't be read.
 */
export async function cropRegion(bytes: Uint8Array, region: CropRegion): Promise<Uint8Array> {
  const { width, height, rgb } = await uprightPixels(bytes, acceptedType(bytes), {
    maxPixels: Infinity,
  });
  const { left, top, quality = 92 } = region;
  const cut = { left, top, width: region.width, height: region.height };
  const inside =
    Object.values(cut).every(Number.isInteger) &&
    left >= 0 &&
    top >= 0 &&
    cut.width > 0 &&
    cut.height > 0 &&
    left + cut.width <= width &&
    top + cut.height <= height;
  if (!inside) {
    throw new EdgeminerError(
      'input.invalid',
      `The region ${cut.width} x ${cut.height} at ${left}, ${top} is not inside the picture of ${width} x ${height} pixels.`,
      { field: 'region', mend: 'Choose whole numbers within the picture.' },
    );
  }
  const jpeg = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .extract(cut)
    .jpeg({ quality })
    .toBuffer();
  return new Uint8Array(jpeg);
}
