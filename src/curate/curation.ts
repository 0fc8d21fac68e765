import pLimit from 'p-limit';
import type { Reason } from '../decision/decision.js';
import { EdgeminerError } from '../faults.js';
import type { ImageStore } from '../image/image-store.js';
import type { ModelName } from '../ids.js';
import type { TaskReader } from '../queue/relabel-queue.js';
import type { Task } from '../queue/task.js';
import { taskPages } from '../queue/task-pages.js';
import type { CuratedSet, SplitPlan } from './curated-set.js';
import type { CuratedSetStore } from './curated-set-store.js';
import type { EdgeCasePublisher } from './edge-case-publisher.js';
import { snapshot } from './snapshot.js';

export interface CurationDeps {
  readonly reader: Pick<TaskReader, 'list'>;
  readonly images: Pick<ImageStore, 'has' | 'get'>;
  readonly sets: Pick<CuratedSetStore, 'publish' | 'find'>;
  readonly publisher?: Pick<EdgeCasePublisher, 'publish'>;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
}

export interface CurationOptions {
  readonly name: string;
  readonly split: SplitPlan;
  readonly filter?: { readonly modelName?: ModelName; readonly reason?: Reason };
}

export interface Curation {
  /** As it is in the store: a known set keeps the time at which it was first made. */
  readonly set: CuratedSet;
  readonly outcome: 'published' | 'known';
  /** Records announced on `curated.edge-cases`; 0 without a publisher. */
  readonly published: number;
}

const pageSize = 500;
const concurrentChecks = 16;

/**
 * Snapshots all labelled tasks that the filter lets through, keeps the set, then announces it.
 * Safe to repeat: the same labels make the same set, and a repetition after a crash announces
 * what was not announced. Throws `curated-set.empty`, `image.not-found` (a set is complete or
 * is not made), and what the stores throw.
 */
export async function curate(deps: CurationDeps, options: CurationOptions): Promise<Curation> {
  const now = deps.now();
  const tasks: Task[] = [];
  const filter = { ...options.filter, state: 'labelled' } as const;
  for await (const page of taskPages(deps.reader, filter, pageSize, () => now)) {
    await checkImages(page, deps.images);
    tasks.push(...page);
  }
  const { name, split } = options;
  const made = snapshot(tasks, { name, split, createdAt: now });
  const outcome = await deps.sets.publish(made);
  const set = outcome === 'known' ? ((await deps.sets.find(made.version)) ?? made) : made;
  const published = deps.publisher === undefined ? 0 : await deps.publisher.publish(set);
  return { set, outcome, published };
}

async function checkImages(
  tasks: readonly Task[],
  images: Pick<ImageStore, 'has' | 'get'>,
): Promise<void> {
  const limit = pLimit(concurrentChecks);
  const there = await Promise.all(tasks.map((task) => limit(() => images.has(task.image.hash))));
  const missing = tasks.find((_, index) => there[index] === false);
  if (missing === undefined) return;
  // Of one that lies elsewhere the store knows more: that it changed there, or may not be fetched.
  await images.get(missing.image.hash);
  const count = there.filter((found) => !found).length;
  throw new EdgeminerError(
    'image.not-found',
    `The image ${missing.image.hash} of task ${missing.id} is not in the image store` +
      (count > 1 ? `, nor are ${count - 1} more.` : '.'),
    {
      field: 'image.hash',
      mend: 'Point `images` at the store that the tasks were mined into, or restore it.',
    },
  );
}
