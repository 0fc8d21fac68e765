import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { imageHash } from '../../src/ids.js';
import { contentHash } from '../../src/image/content-hash.js';
import type { ImageShelf, ShelvedImage } from '../../src/image/image-shelf.js';
import type { ImageStore } from '../../src/image/image-store.js';
import { picture } from './image-store.js';

export interface ImageShelfUnderTest {
  /** Another store on the same place, as another process would open it. */
  open(): Promise<ImageStore & ImageShelf>;
  /** How exactly the store tells the time of a put. Milliseconds. */
  readonly exactTo: number;
  /** Puts and removals at the same time. */
  readonly races: number;
  remove(): Promise<void>;
}

/** The obligations of the ImageShelf port. Call it inside a `describe`. */
export function imageShelfSuite(make: () => Promise<ImageShelfUnderTest>): void {
  let place: ImageShelfUnderTest;
  let store: ImageStore & ImageShelf;
  beforeEach(async () => {
    place = await make();
    store = await place.open();
  });
  afterEach(async () => {
    await store.close();
    await place.remove();
  });

  const never = Date.UTC(2000, 0, 1);
  const soon = () => Date.now() + 10_000;

  async function all(): Promise<ShelvedImage[]> {
    const images: ShelvedImage[] = [];
    for await (const image of store.images()) images.push(image);
    return images;
  }

  it('shows each image with its size and the time of its put', async () => {
    expect(await all()).toEqual([]);
    const before = Date.now() - place.exactTo;
    const sizes = [1, 1000, 700_000];
    const hashes = [];
    for (const [n, size] of sizes.entries()) {
      hashes.push(await store.put(picture(n, size), 'image/png'));
    }
    const images = await all();
    expect(new Map(images.map(({ hash, bytes }) => [hash, bytes]))).toEqual(
      new Map(hashes.map((hash, n) => [hash, sizes[n]])),
    );
    for (const { putAt } of images) {
      expect(putAt).toBeGreaterThanOrEqual(before);
      expect(putAt).toBeLessThanOrEqual(soon());
    }
  });

  it('removes an image, which can be put again', async () => {
    const bytes = picture(1, 600_000);
    const hash = await store.put(bytes, 'image/jpeg');
    const kept = await store.put(picture(2), 'image/jpeg');
    expect(await store.remove(hash, soon())).toBe('removed');
    const other = await place.open();
    expect(await other.has(hash)).toBe(false);
    expect(await other.get(hash)).toBeUndefined();
    expect(await store.remove(hash, soon())).toBe('unknown');
    expect((await all()).map((image) => image.hash)).toEqual([kept]);
    await other.put(bytes, 'image/jpeg');
    expect(Buffer.from((await store.get(hash))?.bytes ?? []).equals(bytes)).toBe(true);
    await other.close();
  });

  it('knows nothing of an image that was not put, nor of a name that is no hash', async () => {
    for (const name of [contentHash(picture(9)), '', '..', '../../etc/passwd']) {
      expect(await store.remove(imageHash(name), soon())).toBe('unknown');
    }
  });

  it('leaves what was put since, were it only found there', async () => {
    const bytes = picture(3);
    const hash = await store.put(bytes, 'image/jpeg');
    expect(await store.remove(hash, never)).toBe('put-since');
    await delay(place.exactTo * 2 + 5);
    const between = Date.now();
    await delay(place.exactTo * 2 + 5);
    await store.put(bytes, 'image/jpeg');
    expect(await store.remove(hash, between)).toBe('put-since');
    expect(await store.has(hash)).toBe(true);
  });

  it('keeps an image that is put while it is removed', { timeout: 60_000 }, async () => {
    const bytes = picture(4, 300_000);
    const other = await place.open();
    const outcomes = new Set<string>();
    for (let race = 0; race < place.races; race++) {
      const hash = await store.put(bytes, 'image/jpeg');
      await delay(place.exactTo * 2 + 5);
      const limit = Date.now();
      const putter = async () => {
        await delay(race % 5);
        return other.put(bytes, 'image/jpeg');
      };
      const [removal] = await Promise.all([store.remove(hash, limit), putter()]);
      outcomes.add(removal);
      expect(await other.has(hash), `after race ${race}: ${removal}`).toBe(true);
      expect((await store.get(hash))?.bytes.length).toBe(bytes.length);
    }
    expect([...outcomes]).not.toContain('unknown');
    await other.close();
  });
}
