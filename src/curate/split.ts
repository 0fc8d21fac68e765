import { createHash } from 'node:crypto';
import { EdgeminerError } from '../faults.js';
import type { ImageHash, SourceId, TaskId } from '../ids.js';
import { splits } from './curated-set.js';
import type { Split, SplitPlan } from './curated-set.js';
import { DisjointSets } from './disjoint-sets.js';
import { visitNearDuplicates } from './near-duplicates.js';

/** What the split looks at. Times in milliseconds since 1970-01-01 UTC. */
export interface SplitCandidate {
  readonly taskId: TaskId;
  readonly sourceId: SourceId;
  readonly occurredAt: number;
  readonly labelledAt: number;
  readonly imageHash: ImageHash;
  /** 64 bits, 16 hex digits. */
  readonly perceptualHash: string;
}

export interface Placement {
  /** Task id of the group's item that was labelled first. */
  readonly group: string;
  readonly split: Split;
}

/**
 * Places each item; the result is parallel to `items`. Pure, and the order of `items` does not
 * matter.
 *
 * A group is what hangs together through any of: one incident (same source, no gap in time
 * above `incidentGap`), near-duplicate perceptual hashes, the same image. A group lies in one
 * split. Its key is the id of its item that was labelled first, and a hash of seed and key
 * draws its split by the shares; the first groups (by that same order) are dealt one to each
 * split, largest share first, so that no split with a share is empty while there are groups
 * enough.
 *
 * Labels only ever come later, so a later snapshot of the same choice of tasks leaves every
 * group where it was: what was trained on is not tested on next month. The exception can't be
 * helped: a new item that ties two groups together moves the one that was labelled later (and,
 * if that was among the first groups dealt, another one takes its place). Shares count groups
 * and hold on average: few or very uneven groups may be far off.
 */
export function splitItems(
  items: readonly SplitCandidate[],
  plan: SplitPlan,
): readonly Placement[] {
  checkPlan(plan);
  const groups = groupsOf(items, plan);
  const firstLabelled = new Map<number, SplitCandidate>();
  items.forEach((item, index) => {
    const root = groups.find(index);
    const first = firstLabelled.get(root);
    if (first === undefined || byLabelling(item, first) < 0) firstLabelled.set(root, item);
  });
  const dealt = splits
    .filter((split) => plan.shares[split] > 0)
    .sort((a, b) => plan.shares[b] - plan.shares[a]);
  const placements = new Map<number, Placement>();
  [...firstLabelled]
    .sort(([, a], [, b]) => byLabelling(a, b))
    .forEach(([root, { taskId }], rank) => {
      placements.set(root, { group: taskId, split: dealt[rank] ?? drawnSplit(taskId, plan) });
    });
  return items.map((_, index) => {
    const placement = placements.get(groups.find(index));
    if (placement === undefined) throw new Error(`item ${index} is in no group`);
    return placement;
  });
}

function groupsOf(items: readonly SplitCandidate[], plan: SplitPlan): DisjointSets {
  const groups = new DisjointSets(items.length);
  if (plan.incidentGap > 0) joinIncidents(items, plan.incidentGap, groups);
  const firstWith = new Map<ImageHash, number>();
  items.forEach(({ imageHash }, index) => {
    const first = firstWith.get(imageHash);
    if (first === undefined) firstWith.set(imageHash, index);
    else groups.join(first, index);
  });
  const hashes = items.map((item) => item.perceptualHash);
  visitNearDuplicates(hashes, plan.nearDuplicateBits, (a, b) => groups.join(a, b));
  return groups;
}

/** Single linkage along time: neighbours in time are enough to look at. */
function joinIncidents(items: readonly SplitCandidate[], gap: number, groups: DisjointSets): void {
  const bySource = new Map<SourceId, { readonly index: number; readonly at: number }[]>();
  items.forEach(({ sourceId, occurredAt }, index) => {
    const moments = bySource.get(sourceId);
    if (moments === undefined) bySource.set(sourceId, [{ index, at: occurredAt }]);
    else moments.push({ index, at: occurredAt });
  });
  for (const moments of bySource.values()) {
    moments.sort((a, b) => a.at - b.at);
    moments.reduce((before, moment) => {
      if (moment.at - before.at <= gap) groups.join(before.index, moment.index);
      return moment;
    });
  }
}

/** Uniform in [0, 1) from the seed and the group's key, held against the cumulative shares. */
function drawnSplit(key: string, { seed, shares }: SplitPlan): Split {
  const digest = createHash('sha256')
    .update(JSON.stringify(['split', seed, key]))
    .digest();
  const draw = digest.readUIntBE(0, 6) / 2 ** 48;
  let upTo = 0;
  let last: Split = 'train';
  for (const split of splits) {
    if (shares[split] === 0) continue;
    upTo += shares[split];
    if (draw < upTo) return split;
    last = split;
  }
  // The shares sum to 1 only within rounding.
  return last;
}

function byLabelling(a: SplitCandidate, b: SplitCandidate): number {
  return a.labelledAt - b.labelledAt || (a.taskId < b.taskId ? -1 : a.taskId > b.taskId ? 1 : 0);
}

function checkPlan({ shares, incidentGap, nearDuplicateBits }: SplitPlan): void {
  const given = splits.map((split) => shares[split]);
  const sum = given.reduce((total, share) => total + share, 0);
  if (!given.every((share) => share >= 0) || !(Math.abs(sum - 1) < 1e-9)) {
    throw invalid(
      'split.shares',
      `are ${given.join(', ')}`,
      'Give shares of 0 to 1 that sum to 1.',
    );
  }
  if (!(incidentGap >= 0)) {
    throw invalid('split.incidentGap', `is ${incidentGap}`, 'Give milliseconds, 0 or more.');
  }
  if (!Number.isInteger(nearDuplicateBits) || nearDuplicateBits < 0 || nearDuplicateBits > 64) {
    throw invalid(
      'split.nearDuplicateBits',
      `is ${nearDuplicateBits}`,
      'Give a whole number of bits, 0 to 64.',
    );
  }
}

function invalid(field: string, problem: string, mend: string): EdgeminerError {
  return new EdgeminerError('input.invalid', `${field} ${problem}.`, { field, mend });
}
