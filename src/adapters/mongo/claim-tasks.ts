import type { Collection, FindOptions } from 'mongodb';
import type { ActorKey } from '../../ids.js';
import type { LeaseRequest } from '../../queue/relabel-queue.js';
import { lease } from '../../queue/transitions.js';
import { fieldsToStanding } from './documents.js';
import type { TaskDocument } from './documents.js';
import { standingOnly, swap } from './steps.js';
import type { Standing } from './steps.js';
import { claimIndex, claimOrder, freeFor, heldBy, indexes, snapshot } from './task-filters.js';

export interface ClaimTerms {
  readonly now: number;
  /** Of the annotator who claims. */
  readonly actor: ActorKey;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** A claimer that collided looks at this many times as many candidates, each time it does... */
const spread = 4;
/** ...up to this many in all. */
const widest = 2000;

/**
 * Claims tasks until the batch holds `limit` or nothing that it asks for is free.
 *
 * A first attempt takes the very top, so that a claimer alone gets strictly the first tasks in
 * claim order. Claimers that collide there would collide again at what is then the top; so each
 * further attempt takes a random choice of the top, from ever further down. Which tasks it gets
 * is then off strict order by at most that width. Each claim is a compare-and-swap of one
 * document: of those who try it exactly one wins, so all make progress, and the loop ends.
 */
export async function claimTasks(
  tasks: Collection<TaskDocument>,
  request: LeaseRequest,
  { now, actor, random }: ClaimTerms,
): Promise<void> {
  const held = heldBy(request.batchId, now);
  let lacking = request.limit - (await tasks.countDocuments(held, { hint: indexes.batch }));
  for (let width = lacking; lacking > 0; width = Math.min(width * spread, widest)) {
    const candidates = await findCandidates(tasks, request, now, Math.max(width, lacking));
    if (candidates.length === 0) return;
    const chosen = choose(candidates, lacking, random);
    const claims = chosen.map((candidate) => {
      const outcome = lease(fieldsToStanding(candidate), request, now);
      if (outcome.kind === 'not-free') {
        throw new Error(`task ${candidate._id} was found as free and is not`);
      }
      return swap(candidate, outcome, { actor, at: now });
    });
    const { modifiedCount } = await tasks.bulkWrite(claims, { ordered: false });
    lacking -= modifiedCount;
  }
}

/**
 * The first free tasks in claim order. Without the hint, and while others claimed, MongoDB 6.0
 * was seen to answer with nothing where thousands were free; so an empty answer counts only from
 * a snapshot, in which nothing moves. A snapshot is a little old, which the swap makes harmless.
 */
async function findCandidates(
  tasks: Collection<TaskDocument>,
  request: LeaseRequest,
  now: number,
  limit: number,
): Promise<readonly Standing[]> {
  const find = (options: FindOptions) =>
    tasks
      .find(freeFor(request, now), { ...options, hint: claimIndex(request.filter) })
      .sort(claimOrder)
      .limit(limit)
      .batchSize(limit)
      .project<Standing>(standingOnly)
      .toArray();
  const candidates = await find({});
  return candidates.length > 0 ? candidates : find(snapshot);
}

/** `count` of the items, each as likely as the others (Fisher and Yates); all if there are no more. */
function choose<T>(items: readonly T[], count: number, random: () => number): readonly T[] {
  if (items.length <= count) return items;
  const left = [...items];
  const chosen: T[] = [];
  while (chosen.length < count) {
    chosen.push(...left.splice(Math.floor(random() * left.length), 1));
  }
  return chosen;
}
