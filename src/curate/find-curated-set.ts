import { EdgeminerError } from '../faults.js';
import type { CuratedSet } from './curated-set.js';
import type { CuratedSetStore } from './curated-set-store.js';

/**
 * The set whose version starts with these digits; `latest` is the newest. Throws
 * `curated-set.not-found`, or `input.invalid` where the digits fit several.
 */
export async function findCuratedSet(
  sets: Pick<CuratedSetStore, 'find' | 'list'>,
  wanted: string,
): Promise<CuratedSet> {
  const all = await sets.list();
  const matches =
    wanted === 'latest' ? all.slice(0, 1) : all.filter(({ version }) => version.startsWith(wanted));
  const [match] = matches;
  if (matches.length > 1) {
    throw new EdgeminerError('input.invalid', `${wanted} is the start of several versions`, {
      field: 'version',
      mend: `Give more digits: ${matches.map(({ version }) => version).join(', ')}.`,
    });
  }
  const set = match === undefined ? undefined : await sets.find(match.version);
  if (set !== undefined) return set;
  throw new EdgeminerError(
    'curated-set.not-found',
    all.length === 0 ? 'there is no curated set yet' : `there is no curated set ${wanted}`,
    {
      field: 'version',
      mend:
        all.length === 0
          ? 'Label some tasks, then take a snapshot: edgeminer curate snapshot --name NAME.'
          : 'Take a version from edgeminer curate list, or GET /v1/curated-sets.',
    },
  );
}
