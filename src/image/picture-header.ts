import type { Metadata } from 'sharp';
import { formatFacts } from './format-facts.js';
import type { FormatFacts } from './format-facts.js';
import type { ImageContentType } from './image-store.js';
import { jpegSegments } from './jpeg-segments.js';
import { sharp } from './sharp.js';

/** What a picture's header says. */
export interface PictureHeader {
  /** As it is stored, in pixels. */
  readonly stored: { readonly width: number; readonly height: number };
  /** Of the upright picture, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly format: FormatFacts;
}

/**
 * Headers of JPEG that were read before, by their segments. The frames of a camera have one header,
 * and to read it takes a tenth of the time of decoding a small frame. One that says when it was
 * taken is another one every time, which costs what it did without this.
 */
const known = new Map<string, PictureHeader>();
const mostKnown = 64;
const mostKeyBytes = 8192;
/** Huffman tables are a frame's own where the encoder optimises them; comments are not read. */
const leftOut: ReadonlySet<number> = new Set([0xc4, 0xfe]);

/** Reads the header whatever size it claims. Throws what sharp throws of a broken one. */
export async function readPictureHeader(
  bytes: Uint8Array,
  contentType: ImageContentType,
): Promise<PictureHeader> {
  const key = contentType === 'image/jpeg' ? keyOf(bytes) : undefined;
  const before = key === undefined ? undefined : known.get(key);
  if (before !== undefined) return before;
  const header = headerOf(
    bytes,
    contentType,
    await sharp(bytes, { failOn: 'error', limitInputPixels: false }).metadata(),
  );
  if (key !== undefined) {
    if (known.size >= mostKnown) known.clear();
    known.set(key, header);
  }
  return header;
}

function headerOf(
  bytes: Uint8Array,
  contentType: ImageContentType,
  metadata: Metadata,
): PictureHeader {
  const { width, height, autoOrient } = metadata;
  return {
    stored: { width, height },
    width: autoOrient.width,
    height: autoOrient.height,
    format: formatFacts(bytes, contentType, metadata),
  };
}

/** All that the header is read from; undefined where it breaks off or is long. */
function keyOf(bytes: Uint8Array): string | undefined {
  const { segments, whole } = jpegSegments(bytes);
  if (!whole) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let key = '';
  for (const { marker, from, end } of segments) {
    if (leftOut.has(marker)) continue;
    if (key.length + end - from > mostKeyBytes) return undefined;
    key += view.toString('latin1', from, end);
  }
  return key;
}
