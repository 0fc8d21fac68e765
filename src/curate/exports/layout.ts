import type { CuratedItem, CuratedSet } from '../curated-set.js';
import { extensionOf } from '../../image/image-extension.js';

/** One file of an export. `path` is relative to the export's folder, with forward slashes. */
export interface ExportFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A format: where pictures lie, and the files that describe them. Pure and deterministic. */
export interface ExportLayout {
  /** Items with the same image and split share a path. */
  imagePath(item: CuratedItem): string;
  /** The same set makes the same files, byte for byte, in the same order. */
  descriptions(set: CuratedSet): Iterable<ExportFile>;
}

/** The image's name in every format: its content hash. */
export function imageFileName({ image }: Pick<CuratedItem, 'image'>): string {
  return `${image.hash}.${extensionOf(image.contentType)}`;
}

export function textFile(path: string, text: string): ExportFile {
  return { path, bytes: new TextEncoder().encode(text) };
}
