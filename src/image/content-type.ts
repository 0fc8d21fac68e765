import type { ImageContentType } from './image-store.js';

/**
 * The format of an image by its first bytes, never by its name or by what a producer says.
 * Undefined for everything that edgeminer does not accept. Sources: ITU-T T.81 (JPEG),
 * W3C PNG 3, RFC 9649 (WebP), AV1 Image File Format 1.1 (AVIF brands).
 */
export function contentTypeOf(bytes: Uint8Array): ImageContentType | undefined {
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'image/jpeg';
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'image/png';
  if (text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 12) === 'WEBP') return 'image/webp';
  if (text(bytes, 4, 8) === 'ftyp' && brands(bytes).some(isAvifBrand)) return 'image/avif';
  return undefined;
}

/** Bytes from a file's start that tell its format. */
export const formatHead = 256;

/**
 * How a picture's format is called that edgeminer does not read, for messages; undefined where the
 * bytes are of no picture that is often met. Sources: GIF89a, TIFF 6.0, ISO/IEC 23008-12 (HEIC),
 * 18181-2 (JPEG XL) and 15444-1 (JPEG 2000); a BMP has four bytes of zero behind its size.
 */
export function otherPictureFormat(bytes: Uint8Array): string | undefined {
  if (text(bytes, 0, 4) === 'GIF8') return 'GIF';
  if (text(bytes, 0, 2) === 'BM' && [6, 7, 8, 9].every((at) => bytes[at] === 0)) return 'BMP';
  if (startsWith(bytes, [0x49, 0x49, 0x2a, 0]) || startsWith(bytes, [0x4d, 0x4d, 0, 0x2a]))
    return 'TIFF';
  if (text(bytes, 4, 8) === 'ftyp' && brands(bytes).some((brand) => heicBrands.has(brand)))
    return 'HEIC';
  if (startsWith(bytes, [0xff, 0x0a]) || startsWith(bytes, [0, 0, 0, 12, 0x4a, 0x58, 0x4c, 0x20]))
    return 'JPEG XL';
  if (startsWith(bytes, [0, 0, 0, 12, 0x6a, 0x50, 0x20, 0x20])) return 'JPEG 2000';
  return undefined;
}

const heicBrands: ReadonlySet<string> = new Set(['heic', 'heix', 'hevc', 'heim', 'heis', 'mif1']);

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((value, index) => bytes[index] === value);
}

function text(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** Major brand and compatible brands of an ISO base media file's first box. */
function brands(bytes: Uint8Array): readonly string[] {
  if (bytes.length < 16) return [];
  const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  const found = [text(bytes, 8, 12)];
  // A sane file lists a handful of brands; a hostile size must not make this loop long.
  const end = Math.min(size, bytes.length, formatHead);
  for (let at = 16; at + 4 <= end; at += 4) found.push(text(bytes, at, at + 4));
  return found;
}

function isAvifBrand(brand: string): boolean {
  return brand === 'avif' || brand === 'avis';
}
