import { createHash } from 'node:crypto';
import { imageHash } from '../ids.js';
import type { ImageHash } from '../ids.js';

/** The address of an image: the lower-case hex sha256 of its bytes as they came. */
export function contentHash(bytes: Uint8Array): ImageHash {
  return imageHash(createHash('sha256').update(bytes).digest('hex'));
}

/** Whether a text has the shape of a content hash: 64 lower-case hex digits. */
export function isContentHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
