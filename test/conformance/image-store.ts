import { afterEach, beforeEach, expect, it } from 'vitest';
import { imageHash } from '../../src/ids.js';
import type { ImageHash } from '../../src/ids.js';
import { contentHash } from '../../src/image/content-hash.js';
import type { ImageContentType, ImageStore } from '../../src/image/image-store.js';

/** One place that holds images, and what the suite needs to do behind the store's back. */
export interface ImageStoreUnderTest {
  /** Another store on the same place, as another process would open it. */
  open(): Promise<ImageStore>;
  /** Copies of the image that lie there. */
  copies(hash: ImageHash): Promise<number>;
  /** Changes a byte of a stored image, as a failing disk would. */
  damage(hash: ImageHash): Promise<void>;
  /** Takes away the second half of a stored image. */
  truncate(hash: ImageHash): Promise<void>;
  /** Leaves behind what a process leaves that was killed in the middle of putting `bytes`. */
  interruptPut(bytes: Uint8Array): Promise<void>;
  /** Opens a store where none can be, and puts an image. */
  putUnreachable(): Promise<unknown>;
  remove(): Promise<void>;
}

/** The obligations of the ImageStore port. Call it inside a `describe`. */
export function imageStoreSuite(make: () => Promise<ImageStoreUnderTest>): void {
  let place: ImageStoreUnderTest;
  let store: ImageStore;
  beforeEach(async () => {
    place = await make();
    store = await place.open();
  });
  afterEach(async () => {
    await store.close();
    await place.remove();
  });

  it('gives back the bytes and content type of each image, to another store as well', async () => {
    const other = await place.open();
    const types: ImageContentType[] = ['image/jpeg', 'image/png', 'image/webp', 'image/avif'];
    for (const [index, contentType] of types.entries()) {
      const bytes = picture(index);
      const hash = await store.put(bytes, contentType);
      expect(hash).toBe(contentHash(bytes));
      for (const reader of [store, other]) {
        const found = await reader.get(hash);
        expect(found?.contentType).toBe(contentType);
        expect(sameBytes(found?.bytes, bytes)).toBe(true);
        expect(await reader.has(hash)).toBe(true);
      }
    }
    await other.close();
  });

  it.each([1, 255 * 1024, 255 * 1024 + 1, 9 * 1024 * 1024])(
    'holds an image of %i bytes',
    async (size) => {
      const bytes = picture(5, size);
      const found = await store.get(await store.put(bytes, 'image/png'));
      expect(sameBytes(found?.bytes, bytes)).toBe(true);
    },
  );

  it('knows nothing of an image that was not put, nor of a name that is no hash', async () => {
    for (const name of [contentHash(picture(9)), '', '..', '../../etc/passwd', 'A'.repeat(64)]) {
      expect(await store.get(imageHash(name))).toBeUndefined();
      expect(await store.has(imageHash(name))).toBe(false);
    }
  });

  it('stores the same bytes once, however often they are put', async () => {
    const bytes = picture(1);
    const first = await store.put(bytes, 'image/jpeg');
    expect(await store.put(bytes, 'image/jpeg')).toBe(first);
    expect(await place.copies(first)).toBe(1);
  });

  it('stores the same bytes once when 20 writers put them at the same time', async () => {
    const bytes = picture(2, 600 * 1024);
    const others = await Promise.all(Array.from({ length: 19 }, () => place.open()));
    const stores = [store, ...others];
    const hashes = await Promise.all(stores.map((each) => each.put(bytes, 'image/png')));
    expect(new Set(hashes)).toEqual(new Set([contentHash(bytes)]));
    expect(await place.copies(contentHash(bytes))).toBe(1);
    expect(sameBytes((await store.get(contentHash(bytes)))?.bytes, bytes)).toBe(true);
    await Promise.all(others.map((each) => each.close()));
  });

  it('keeps 20 different images apart that are put at the same time', async () => {
    const pictures = Array.from({ length: 20 }, (_, index) => picture(index, 300_000 + index));
    const hashes = await Promise.all(pictures.map((bytes) => store.put(bytes, 'image/jpeg')));
    expect(new Set(hashes).size).toBe(20);
    for (const [index, bytes] of pictures.entries()) {
      const found = await store.get(contentHash(bytes));
      expect(hashes[index]).toBe(contentHash(bytes));
      expect(sameBytes(found?.bytes, bytes)).toBe(true);
    }
  });

  it('never shows half an image to a reader while it is put', async () => {
    const bytes = picture(3, 4 * 1024 * 1024);
    const hash = contentHash(bytes);
    const reader = await place.open();
    const state = { done: false };
    const put = store.put(bytes, 'image/png').finally(() => (state.done = true));
    let seen;
    do {
      seen = await reader.get(hash);
      if (seen !== undefined) expect(sameBytes(seen.bytes, bytes)).toBe(true);
    } while (!state.done);
    await put;
    expect(sameBytes((await reader.get(hash))?.bytes, bytes)).toBe(true);
    await reader.close();
  });

  it('shows nothing of a put that was cut off, and completes it at the next', async () => {
    const bytes = picture(4, 900 * 1024);
    const hash = contentHash(bytes);
    await place.interruptPut(bytes);
    expect(await store.has(hash)).toBe(false);
    expect(await store.get(hash)).toBeUndefined();

    await store.put(bytes, 'image/webp');
    expect(sameBytes((await store.get(hash))?.bytes, bytes)).toBe(true);
    expect(await place.copies(hash)).toBe(1);
  });

  it.each(['damage', 'truncate'] as const)(
    'says so when an image was hurt since (%s), and mends it at the next put',
    async (hurt) => {
      const bytes = picture(6, 700 * 1024);
      const hash = await store.put(bytes, 'image/jpeg');
      await place[hurt](hash);
      await expect(store.get(hash)).rejects.toMatchObject({ code: 'image.hash-mismatch' });

      await store.put(bytes, 'image/jpeg');
      expect(sameBytes((await store.get(hash))?.bytes, bytes)).toBe(true);
      expect(await place.copies(hash)).toBe(1);
    },
  );

  it('is away, not wrong, where its place is not there', async () => {
    await expect(place.putUnreachable()).rejects.toMatchObject({
      code: 'store.unavailable',
      retriable: true,
    });
  });

  it('closes twice', async () => {
    const other = await place.open();
    await other.close();
    await expect(other.close()).resolves.toBeUndefined();
  });
}

/** Bytes that differ by seed in every part, so that mixed-up chunks show. */
export function picture(seed: number, size = 10_000): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed + 1;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Compares by memory: vitest's own equality takes seconds on megabytes. */
function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}
