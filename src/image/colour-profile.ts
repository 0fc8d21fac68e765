import { createHash } from 'node:crypto';
import { plainText } from './exif-texts.js';

const mostTags = 100;
const mostLetters = 60;

/**
 * The description in an ICC profile (ISO 15076-1, tag `desc`), or the start of its sha256 where it
 * has none that can be read.
 */
export function colourProfileName(profile: Uint8Array): string {
  const described = descriptionOf(profile);
  if (described !== '') return described;
  return `profile ${createHash('sha256').update(profile).digest('hex').slice(0, 8)}`;
}

function descriptionOf(profile: Uint8Array): string {
  if (profile.length < 132) return '';
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
  const tags = Math.min(view.getUint32(128), mostTags);
  for (let at = 132; at + 12 <= Math.min(profile.length, 132 + 12 * tags); at += 12) {
    if (textAt(profile, at) !== 'desc') continue;
    const start = view.getUint32(at + 4);
    if (start + 28 > profile.length) return '';
    // Version 2 has ASCII, version 4 a list of texts in UTF-16, of which the first is taken.
    if (textAt(profile, start) === 'desc') {
      const length = Math.min(view.getUint32(start + 8), mostLetters);
      return plainText(profile.subarray(start + 12, start + 12 + length));
    }
    if (textAt(profile, start) !== 'mluc') return '';
    const length = Math.min(view.getUint32(start + 20), 2 * mostLetters);
    const from = start + view.getUint32(start + 24);
    const letters = profile.subarray(from, from + length).filter((_, index) => index % 2 === 1);
    return plainText(letters);
  }
  return '';
}

function textAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
