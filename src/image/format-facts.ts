import type { Metadata } from 'sharp';
import { colourProfileName } from './colour-profile.js';
import { exifTexts } from './exif-texts.js';
import type { ImageContentType } from './image-store.js';
import { jpegQuantisation } from './jpeg-quantisation.js';

/**
 * What a picture's file says of its own form, from its header alone. Texts are short and for
 * people; two files of one camera, encoder and setting have the same ones.
 */
export interface FormatFacts {
  /** Of the upright picture, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly container: ImageContentType;
  readonly colourMode: string;
  readonly bitsPerChannel: number;
  /** As '4:2:0'; 'none', or 'unknown' where the header does not say. */
  readonly chromaSubsampling: string;
  readonly scan: 'sequential' | 'progressive';
  /** EXIF orientation, 1..8; 1 where the file does not say. */
  readonly orientation: number;
  /** Name of the embedded ICC profile, or 'none'. */
  readonly colourProfile: string;
  /** How the encoder was set, as far as the file shows it. */
  readonly compression: string;
  /** EXIF Make and Model, or 'none'. */
  readonly camera: string;
  /** EXIF Software, or 'none'. */
  readonly software: string;
}

export function formatFacts(
  bytes: Uint8Array,
  container: ImageContentType,
  metadata: Metadata,
): FormatFacts {
  const { make, model, software } = exifTexts(metadata.exif);
  const { width, height } = metadata.autoOrient;
  const { orientation = 1 } = metadata;
  return {
    width,
    height,
    container,
    colourMode: colourModeOf(metadata),
    bitsPerChannel: bitsOf(metadata),
    chromaSubsampling: isGrey(metadata)
      ? 'none'
      : (metadata.chromaSubsampling ?? subsamplingOf(bytes, container)),
    scan: metadata.isProgressive ? 'progressive' : 'sequential',
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    colourProfile: metadata.icc === undefined ? 'none' : colourProfileName(metadata.icc),
    compression: compressionOf(bytes, container),
    // Many makers repeat themselves in the model.
    camera: (model.startsWith(make) ? model : `${make} ${model}`).trim() || 'none',
    software: software || 'none',
  };
}

function isGrey({ channels, hasAlpha }: Pick<Metadata, 'channels' | 'hasAlpha'>): boolean {
  return channels - Number(hasAlpha) === 1;
}

function colourModeOf({ space, channels, isPalette, hasAlpha }: Metadata): string {
  const grey = isGrey({ channels, hasAlpha });
  const mode = isPalette ? 'palette' : grey ? 'grey' : space === 'cmyk' ? 'CMYK' : 'RGB';
  return hasAlpha ? `${mode} with transparency` : mode;
}

/** Of a channel's values; the indexes of a palette are shorter, its colours have 8 bits. */
function bitsOf({ isPalette, bitsPerSample, depth }: Metadata): number {
  return isPalette ? 8 : (bitsPerSample ?? (depth === 'ushort' ? 16 : 8));
}

function compressionOf(bytes: Uint8Array, container: ImageContentType): string {
  switch (container) {
    case 'image/jpeg':
      return jpegQuantisation(bytes);
    case 'image/webp':
      return isLosslessWebp(bytes) ? 'lossless' : 'lossy';
    case 'image/png':
      return 'lossless';
    case 'image/avif':
      return 'AV1';
  }
}

/** Where sharp does not say: WebP has but one (RFC 9649), PNG has no chroma. */
function subsamplingOf(bytes: Uint8Array, container: ImageContentType): string {
  if (container === 'image/avif') return 'unknown';
  return container === 'image/webp' && !isLosslessWebp(bytes) ? '4:2:0' : 'none';
}

/** By the first chunk of pixels (RFC 9649); that of an animation is not looked for. */
function isLosslessWebp(bytes: Uint8Array): boolean {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12, chunks = 0; at + 8 <= view.length && chunks < 8; chunks += 1) {
    const name = view.toString('latin1', at, at + 4);
    if (name === 'VP8L') return true;
    if (name === 'VP8 ') return false;
    const length = view.readUInt32LE(at + 4);
    at += 8 + length + (length % 2);
  }
  return false;
}
