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
 * - Before it reads a referenced image, it makes room for it. Waiting for room counts towards no
 *   time-out.
 * - Safe to call concurrently. The composition closes it.
 */
export interface ImageFetcher {
  fetch(image: EventImage, request: FetchRequest): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** What the caller asks of one fetch. */
export interface FetchRequest {
  /** Ends the fetch, which then throws the signal's reason. */
  readonly signal: AbortSignal;
  /**
   * Resolves once so many bytes may be held: those announced, or where nothing is announced the
   * most there may be. A later call, also of a further try, sets the number anew.
   */
  readonly makeRoom: (bytes: number) => Promise<void>;
}
