import type { ImageContentType } from './image-store.js';

const extensions: Readonly<Record<ImageContentType, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
};

/** How a file of this content is called after its dot. */
export function extensionOf(contentType: ImageContentType): string {
  return extensions[contentType];
}
