/** A segment of a JPEG's header (ITU-T T.81, B.1.1.4). */
export interface JpegSegment {
  /** The second byte of its marker: 0xdb for quantisation tables. */
  readonly marker: number;
  /** Of the marker, the first byte after the length, and the first byte after the segment. */
  readonly from: number;
  readonly content: number;
  readonly end: number;
}

const startOfScan = 0xda;

/**
 * The segments before the first scan, in the order of the file. `whole` is false where the header
 * breaks off, or is not made of segments.
 */
export function jpegSegments(bytes: Uint8Array): {
  readonly segments: readonly JpegSegment[];
  readonly whole: boolean;
} {
  const segments: JpegSegment[] = [];
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1] ?? 0;
    // Any marker may be padded.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === startOfScan) return { segments, whole: true };
    const content = at + 4;
    const end = at + 2 + (bytes[at + 2] ?? 0) * 256 + (bytes[at + 3] ?? 0);
    if (end < content || end > bytes.length) break;
    segments.push({ marker, from: at, content, end });
    at = end;
  }
  return { segments, whole: false };
}
