import type { InferenceEvent } from '../event/inference-event.js';
import { uprightBoxes } from '../event/turned-boxes.js';
import { decodeImage } from '../image/decode.js';
import type { DecodedImage } from '../image/decoded-image.js';
import type { FetchRequest, ImageFetcher } from '../image/image-fetcher.js';

export interface ImageStation {
  readonly fetcher: ImageFetcher;
  /** A picture of more pixels is refused before it is decoded. */
  readonly maxPixels: number;
}

/** An image that was fetched and decoded. */
export interface SeenImage {
  readonly bytes: Uint8Array;
  readonly decoded: DecodedImage;
}

/** Fetches and decodes an event's image when it is first asked for, and not again. */
export function lookOnce(look: () => Promise<SeenImage>): () => Promise<SeenImage> {
  let seen: Promise<SeenImage> | undefined;
  return () => (seen ??= look());
}

export async function lookAtImage(
  event: InferenceEvent,
  { fetcher, maxPixels }: ImageStation,
  request: FetchRequest,
): Promise<SeenImage> {
  const bytes = await fetcher.fetch(event.image, request);
  const decoded = await decodeImage(bytes, { maxPixels });
  // Boxes of another picture are refused before anything is made of them.
  uprightBoxes(event.predictions, decoded.format);
  return { bytes, decoded };
}
