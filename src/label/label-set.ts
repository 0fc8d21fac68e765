import type { LabelSet } from './label.js';

/** Name and version of a label set, as labels and curated sets cite it: `animals@2`. */
export function labelSetKey(labelSet: Pick<LabelSet, 'name' | 'version'>): string {
  return `${labelSet.name}@${labelSet.version}`;
}
