import type { ImageHash } from '../ids.js';

/**
 * Content-addressed images: the bytes of candidates, kept as they came. Obligations:
 *
 * - `put` returns once the bytes are durable, so that a task may be offered after it. Putting
 *   the same bytes again, also concurrently and from another process, stores them once.
 * - A reader never sees half an image.
 * - `get` of an unknown hash is undefined; an unreachable store is `store.unavailable`, which
 *   the caller retries.
 * - An image that was damaged since is `image.hash-mismatch` on `get`; the next `put` mends it.
 * - What is put is kept; only `ImageShelf` (image-shelf.ts) removes. The composition closes it;
 *   close() is idempotent.
 */
export interface ImageStore {
  put(bytes: Uint8Array, contentType: ImageContentType): Promise<ImageHash>;
  get(hash: ImageHash): Promise<StoredImage | undefined>;
  has(hash: ImageHash): Promise<boolean>;
  close(): Promise<void>;
}

export interface StoredImage {
  readonly bytes: Uint8Array;
  readonly contentType: ImageContentType;
}

export const imageContentTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/avif'] as const;
export type ImageContentType = (typeof imageContentTypes)[number];
