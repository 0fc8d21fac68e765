import type { ImageShelf, ShelvedImage } from '../image/image-shelf.js';
import type { ImageHash } from '../ids.js';
import type { ImageUse, ImageUses } from '../queue/image-uses.js';
import type { CuratedSetStore } from './curated-set-store.js';

/** Why an image was needed last: where its tasks stood, or `unused` by any. */
export const retentionClasses = [
  'labelled',
  'skipped',
  'cancelled',
  'unlabelled',
  'unused',
] as const;
export type RetentionClass = (typeof retentionClasses)[number];

export interface RetentionPolicy {
  /** How long an image is kept after its task's last transition (`unused`: its last put). */
  readonly images: Readonly<Record<RetentionClass, number | 'keep'>>;
  /** Whether curated sets keep their images, however old. */
  readonly curatedSets: 'keep' | 'ignore';
  /** No image is removed so soon after its last put. Milliseconds; an hour or more. */
  readonly grace: number;
}

export interface RetentionDeps {
  readonly shelf: ImageShelf;
  readonly uses: ImageUses;
  readonly sets: Pick<CuratedSetStore, 'list' | 'find'>;
}

export interface Tally {
  readonly images: number;
  readonly bytes: number;
}

export interface RetentionReport {
  readonly dryRun: boolean;
  readonly looked: Tally;
  /** By what the image was needed for last. */
  readonly removed: Readonly<Record<RetentionClass, Tally>>;
  readonly kept: Readonly<Record<KeptFor, Tally>>;
}

/** `put-since`: put again within the grace period, or while it was to be removed. */
export type KeptFor = 'tasks' | 'gold-tasks' | 'curated-sets' | 'put-since';

export type Fate =
  | { readonly kind: 'keep'; readonly for: KeptFor }
  | { readonly kind: 'remove'; readonly after: RetentionClass };

/** What becomes of an image. Pure. */
export function fateOf(
  { putAt }: Pick<ShelvedImage, 'putAt'>,
  { uses, curated }: { readonly uses: readonly ImageUse[]; readonly curated: boolean },
  policy: RetentionPolicy,
  now: number,
): Fate {
  const needs =
    uses.length === 0
      ? [{ of: 'unused' as const, since: putAt }]
      : uses.map(({ state, changedAt }) => ({ of: classOf(state), since: changedAt }));
  const due = needs.every(({ of, since }) => {
    const term = policy.images[of];
    return term !== 'keep' && since + term <= now;
  });
  if (!due) return { kind: 'keep', for: 'tasks' };
  if (uses.some(({ gold }) => gold)) return { kind: 'keep', for: 'gold-tasks' };
  if (curated && policy.curatedSets === 'keep') return { kind: 'keep', for: 'curated-sets' };
  if (putAt > now - policy.grace) return { kind: 'keep', for: 'put-since' };
  const [last] = needs.sort((a, b) => b.since - a.since);
  return { kind: 'remove', after: last?.of ?? 'unused' };
}

function classOf(state: ImageUse['state']): RetentionClass {
  return state === 'labelled' || state === 'skipped' || state === 'cancelled'
    ? state
    : 'unlabelled';
}

const pageSize = 200;

export interface RetentionRun {
  readonly now: number;
  readonly dryRun: boolean;
  /** Ends it between two images, by throwing the signal's reason; the next run goes on. */
  readonly signal?: AbortSignal;
}

/**
 * Looks at every image and removes those whose time is over. An image that is offered again
 * meanwhile is put first, which the shelf sees; so it stays. Safe to repeat.
 */
export async function applyRetention(
  { shelf, uses, sets }: RetentionDeps,
  policy: RetentionPolicy,
  { now, dryRun, signal }: RetentionRun,
): Promise<RetentionReport> {
  const curated = policy.curatedSets === 'keep' ? await imagesOfSets(sets) : new Set<ImageHash>();
  const looked = newTally();
  const removed = tallies(retentionClasses);
  const kept = tallies(['tasks', 'gold-tasks', 'curated-sets', 'put-since'] as const);

  async function settle(page: readonly ShelvedImage[]): Promise<void> {
    const found = await uses.usesOf(page.map(({ hash }) => hash));
    for (const image of page) {
      signal?.throwIfAborted();
      add(looked, image);
      const about = {
        uses: found.filter(({ hash }) => hash === image.hash),
        curated: curated.has(image.hash),
      };
      const fate = fateOf(image, about, policy, now);
      if (fate.kind === 'keep') {
        add(kept[fate.for], image);
        continue;
      }
      const removal = dryRun ? 'removed' : await shelf.remove(image.hash, now - policy.grace);
      if (removal === 'put-since') add(kept['put-since'], image);
      else if (removal === 'removed') add(removed[fate.after], image);
    }
  }

  let page: ShelvedImage[] = [];
  for await (const image of shelf.images()) {
    page.push(image);
    if (page.length < pageSize) continue;
    await settle(page);
    page = [];
  }
  await settle(page);
  return { dryRun, looked, removed, kept };
}

async function imagesOfSets(sets: RetentionDeps['sets']): Promise<Set<ImageHash>> {
  const hashes = new Set<ImageHash>();
  for (const { version } of await sets.list()) {
    for (const { image } of (await sets.find(version))?.items ?? []) hashes.add(image.hash);
  }
  return hashes;
}

interface Counting {
  images: number;
  bytes: number;
}

function newTally(): Counting {
  return { images: 0, bytes: 0 };
}

function tallies<Name extends string>(names: readonly Name[]): Record<Name, Counting> {
  return Object.fromEntries(names.map((name) => [name, newTally()])) as Record<Name, Counting>;
}

function add(tally: Counting, { bytes }: ShelvedImage): void {
  tally.images += 1;
  tally.bytes += bytes;
}
