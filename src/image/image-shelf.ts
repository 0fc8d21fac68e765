import type { ImageHash } from '../ids.js';

/**
 * Everything that an image store holds, to be looked through and removed. Obligations:
 *
 * - `images` gives each image that is there throughout once, in any order, and changes nothing.
 * - `remove` takes an image away, unless it was put at `unlessPutSince` or later: a put counts
 *   also where it found the image there. Whichever comes first, a put and a removal at the same
 *   time leave the image in the store once the put has returned.
 * - Throws `store.unavailable`; the caller may repeat it.
 */
export interface ImageShelf {
  images(): AsyncIterable<ShelvedImage>;
  /** `unlessPutSince` in milliseconds since 1970-01-01 UTC, by the clock of the store. */
  remove(hash: ImageHash, unlessPutSince: number): Promise<Removal>;
}

export interface ShelvedImage {
  readonly hash: ImageHash;
  readonly bytes: number;
  /** When it was last put. Milliseconds since 1970-01-01 UTC. */
  readonly putAt: number;
}

export type Removal = 'removed' | 'put-since' | 'unknown';
