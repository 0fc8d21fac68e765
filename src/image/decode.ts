import type { Sharp, SharpOptions } from 'sharp';
import { EdgeminerError, messageOf } from '../faults.js';
import { contentTypeOf, otherPictureFormat } from './content-type.js';
import { detailPart, workingSide } from './decoded-image.js';
import type { DecodedImage, PixelPlane } from './decoded-image.js';
import type { ImageContentType } from './image-store.js';
import { readPictureHeader } from './picture-header.js';
import type { PictureHeader } from './picture-header.js';
import { inTurn, sharp } from './sharp.js';

export interface DecodeLimits {
  /** Width times height of the stored picture; checked before a pixel is decoded. */
  readonly maxPixels: number;
}

/**
 * Decodes an image once into the plane that every measurement shares (see decoded-image.ts).
 * The first frame of an animation is taken. Throws `image.too-large` beyond `maxPixels`, and
 * `image.undecodable` for an unknown format, a broken image, or one that was cut short: a frame
 * of which pixels are missing is a fault of the transport, not an edge case of the model.
 */
export async function decodeImage(bytes: Uint8Array, limits: DecodeLimits): Promise<DecodedImage> {
  const contentType = acceptedType(bytes);
  const header = await readHeader(bytes, contentType, limits);
  const { width, height, format } = header;
  const plane = await inTurn(async () => {
    const upright = await uprightPixels(bytes, contentType, limits, workingSide);
    const isWhole = Math.max(width, height) <= workingSide;
    if (isWhole || contentType !== 'image/jpeg') return upright;
    return { ...upright, detail: await detailOf(bytes, contentType, limits, header.stored) };
  });
  return { width, height, contentType, format, plane };
}

/** Width and height of the upright picture, in pixels, from its header alone. */
export async function describePicture(
  bytes: Uint8Array,
): Promise<{ readonly width: number; readonly height: number }> {
  const { width, height } = await readHeader(bytes, acceptedType(bytes), { maxPixels: Infinity });
  return { width, height };
}

/** The picture upright in sRGB, its longer side at most `longestSide`; never enlarged. */
export async function uprightPixels(
  bytes: Uint8Array,
  contentType: ImageContentType,
  limits: DecodeLimits,
  longestSide?: number,
): Promise<PixelPlane> {
  let picture = sharp(bytes, inputOptions(limits));
  if (longestSide !== undefined) {
    picture = picture.resize(longestSide, longestSide, { fit: 'inside', withoutEnlargement: true });
  }
  try {
    return await pixelsOf(picture.flatten({ background: '#000' }));
  } catch (error) {
    throw undecodable(bytes, contentType, error);
  }
}

async function pixelsOf(picture: Sharp): Promise<PixelPlane> {
  const { data, info } = await picture
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const rgb = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { width: info.width, height: info.height, rgb };
}

/** A strip of the picture as it is stored, see `detailPart`; 0.3 of the working plane's time. */
async function detailOf(
  bytes: Uint8Array,
  contentType: ImageContentType,
  limits: DecodeLimits,
  stored: PictureHeader['stored'],
): Promise<PixelPlane> {
  try {
    const picture = sharp(bytes, { ...inputOptions(limits), autoOrient: false });
    const width = Math.min(detailPart.width, stored.width);
    const height = Math.min(detailPart.height, stored.height);
    const strip = picture.extract({
      left: Math.floor((stored.width - width) / 2),
      top: Math.min(Math.floor(detailPart.from * stored.height), stored.height - height),
      width,
      height,
    });
    return await pixelsOf(strip);
  } catch (error) {
    throw undecodable(bytes, contentType, error);
  }
}

/** The format, or `image.undecodable` when it is none that edgeminer reads. */
export function acceptedType(bytes: Uint8Array): ImageContentType {
  const contentType = contentTypeOf(bytes);
  if (contentType !== undefined) return contentType;
  const start = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  const other = otherPictureFormat(bytes);
  throw new EdgeminerError(
    'image.undecodable',
    bytes.length === 0
      ? 'The image is empty: it has no bytes.'
      : other === undefined
        ? `The bytes are no JPEG, PNG, WebP or AVIF image; they start with ${start}.`
        : `The image is ${other}; edgeminer reads JPEG, PNG, WebP and AVIF.`,
    { field: 'image', mend: 'Send the image as JPEG, PNG, WebP or AVIF.' },
  );
}

async function readHeader(
  bytes: Uint8Array,
  contentType: ImageContentType,
  limits: DecodeLimits,
): Promise<PictureHeader> {
  let header: PictureHeader;
  try {
    header = await readPictureHeader(bytes, contentType);
  } catch (error) {
    throw undecodable(bytes, contentType, error);
  }
  const { width, height } = header;
  if (width * height > limits.maxPixels) {
    throw new EdgeminerError(
      'image.too-large',
      `The image claims ${width} x ${height} pixels; the limit is ${limits.maxPixels} pixels.`,
      { field: 'image', mend: 'Send a smaller image, or raise mining.maxPixels.' },
    );
  }
  return header;
}

function inputOptions(limits: DecodeLimits): SharpOptions {
  return {
    // Garbled pixels are let through, as they are an edge case worth seeing; missing ones are not.
    failOn: 'error',
    limitInputPixels: Number.isFinite(limits.maxPixels) ? limits.maxPixels : false,
    pages: 1,
    autoOrient: true,
  };
}

function undecodable(bytes: Uint8Array, type: ImageContentType, cause: unknown): EdgeminerError {
  const format = type.slice('image/'.length).toUpperCase();
  return isCutShort(bytes, type, messageOf(cause))
    ? new EdgeminerError(
        'image.undecodable',
        `The ${format} image is truncated: its ${bytes.length} bytes end before its last pixel.`,
        { field: 'image', mend: 'Check that the producer sends the whole image.', cause },
      )
    : new EdgeminerError('image.undecodable', `The ${format} image is broken.`, {
        field: 'image',
        mend: 'Check that the producer sends the image as its encoder wrote it.',
        cause,
      });
}

/** Only tells people why an image was refused; asked after a decoder has failed. */
function isCutShort(bytes: Uint8Array, type: ImageContentType, message: string): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'image/jpeg':
      return message.includes('premature end');
    case 'image/png':
      return view.lastIndexOf('IEND') === -1;
    case 'image/webp':
      return view.length < 12 || view.readUInt32LE(4) + 8 > view.length;
    case 'image/avif':
      return /end of file|file bounds/i.test(message);
  }
}
