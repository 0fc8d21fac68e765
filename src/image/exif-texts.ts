/** Empty where the file does not say. */
export interface ExifTexts {
  readonly make: string;
  readonly model: string;
  readonly software: string;
}

const tags = { make: 0x010f, model: 0x0110, software: 0x0131 } as const;
const ascii = 2;
const mostEntries = 200;
const mostLetters = 60;

/**
 * Who made a picture, by the first directory of its EXIF block (CIPA DC-008, TIFF 6.0). Three texts
 * are read and nothing else is followed: the block is a stranger's, and readers of all its tags can
 * be kept busy for seconds by entries that share one long value. What does not add up is empty.
 */
export function exifTexts(block: Uint8Array | undefined): ExifTexts {
  const none = { make: '', model: '', software: '' };
  if (block === undefined) return none;
  const tiff = block.subarray(startsWithExif(block) ? 6 : 0);
  const order = String.fromCharCode(tiff[0] ?? 0, tiff[1] ?? 0);
  if ((order !== 'II' && order !== 'MM') || tiff.length < 14) return none;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const little = order === 'II';
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return none;
  const entries = Math.min(view.getUint16(directory, little), mostEntries);
  const textOf = (tag: number): string => {
    for (let at = directory + 2; at < directory + 2 + 12 * entries; at += 12) {
      if (at + 12 > tiff.length) return '';
      if (view.getUint16(at, little) !== tag || view.getUint16(at + 2, little) !== ascii) continue;
      const length = view.getUint32(at + 4, little);
      const start = length <= 4 ? at + 8 : view.getUint32(at + 8, little);
      return plainText(tiff.subarray(start, start + Math.min(length, mostLetters)));
    }
    return '';
  };
  return { make: textOf(tags.make), model: textOf(tags.model), software: textOf(tags.software) };
}

/** Printable ASCII up to the first NUL, one space between words. */
export function plainText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end))
    .toString('latin1')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
}

function startsWithExif(block: Uint8Array): boolean {
  return Buffer.from(block.subarray(0, 4)).toString('latin1') === 'Exif';
}
