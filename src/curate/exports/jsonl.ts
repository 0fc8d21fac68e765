import { canonicalJson } from '../../canonical-json.js';
import { imageFileName, textFile } from './layout.js';
import type { ExportLayout } from './layout.js';

/**
 * JSON lines: `items.jsonl` holds each curated item whole (task, split, group, image, label,
 * weight, lineage) with the `path` of its picture under `images/`. Nothing is lost.
 */
export const jsonlLayout: ExportLayout = {
  imagePath,
  *descriptions(set) {
    const lines = set.items.map((item) => canonicalJson({ ...item, path: imagePath(item) }));
    yield textFile('items.jsonl', lines.map((line) => `${line}\n`).join(''));
  },
};

function imagePath(item: Parameters<ExportLayout['imagePath']>[0]): string {
  return `images/${imageFileName(item)}`;
}
