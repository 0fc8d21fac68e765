import type { ImageContentType } from './image-store.js';

const extensions: ReadonlyMap<string, string> = new Map<ImageContentType, string>([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/webp', 'webp'],
  ['image/avif', 'avif'],
]);

/** How a file of this content is called after its dot; `bin` for what edgeminer does not know. */
export function extensionOf(contentType: string): string {
  return extensions.get(contentType) ?? 'bin';
}
