import { splits } from './curated-set.js';
import type { CuratedSet, Split } from './curated-set.js';

export interface SplitCount {
  readonly items: number;
  readonly groups: number;
}

/** What each split came to: shares are of groups, and a single incident may hold many items. */
export function splitCounts(set: Pick<CuratedSet, 'items'>): Readonly<Record<Split, SplitCount>> {
  const count = (split: Split): SplitCount => {
    const items = set.items.filter((item) => item.split === split);
    return { items: items.length, groups: new Set(items.map((item) => item.group)).size };
  };
  const [train, validation, test] = splits;
  return { train: count(train), validation: count(validation), test: count(test) };
}
