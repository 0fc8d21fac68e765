import type { Notice } from '../notice/notice.js';
import type { CuratedSet } from './curated-set.js';

/** What others are told of a set that has just been published. */
export function publicationOf({ version, name, items }: CuratedSet): Notice {
  return {
    event: 'curated-set.published',
    sequence: 1,
    data: { version, name, items: items.length },
  };
}
