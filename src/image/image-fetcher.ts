import type { EventImage } from '../event/inference-event.js';

/**
 * Gets the bytes of an event's image. Obligations:
 *
 * - Only what the allow-list names is fetched; the list is empty by default. Anything else is
 *   `image.forbidden`, without a request being sent or a file being opened.
 * - No more than the configured number of bytes are read (`image.too-large`).
 * - Gone for good (404, 410, no such file) is `image.not-found`, after the adapter's bounded
 *   number of tries; everything that may pass (5xx, time-out, connection refused) is
 *   `image.unreachable`, which the caller retries.
 * - If the event states a sha256, the bytes have it (`image.hash-mismatch` otherwise).
 * - Safe to call concurrently. The composition closes it.
 */
export interface ImageFetcher {
  fetch(image: EventImage, signal: AbortSignal): Promise<Uint8Array>;
  close(): Promise<void>;
}
