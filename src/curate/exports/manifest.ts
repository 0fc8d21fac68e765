import { canonicalJson } from '../../canonical-json.js';
import type { CuratedSet } from '../curated-set.js';
import { splitCounts } from '../split-counts.js';
import { textFile } from './layout.js';
import type { ExportFile, ExportLayout } from './layout.js';

/**
 * `manifest.json`, the same in every format (schemas/curated-set-manifest.v1.schema.json): the
 * whole curated set, with the path of each picture in this export. Without `path`, the items
 * are what the version was hashed from.
 */
export function manifestFile(
  set: CuratedSet,
  format: string,
  layout: Pick<ExportLayout, 'imagePath'>,
): ExportFile {
  const head = canonicalJson({
    manifestVersion: 1,
    format,
    version: set.version,
    name: set.name,
    createdAt: set.createdAt,
    split: set.split,
    classes: set.classes,
    counts: splitCounts(set),
  });
  const items = set.items.map((item) => canonicalJson({ ...item, path: layout.imagePath(item) }));
  return textFile('manifest.json', `${head.slice(0, -1)},"items":[\n${items.join(',\n')}\n]}\n`);
}
