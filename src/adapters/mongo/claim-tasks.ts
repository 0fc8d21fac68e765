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
  /** Of the annotator who claims. Asked for beside the first look at the tasks. */
  readonly actorKey: () => Promise<ActorKey>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Kept from claim to claim; nothing but speed depends on it. */
  readonly spread: Spread;
}

/** Tasks from the top that a claimer looks among: this many times as many when it collided... */
const growth = 4;
/** ...up to this many in all, and half as many again after each claim without a collision. */
const widest = 2000;

/** How far down the top claims of this process are spread at present. In tasks; 0 for not at all. */
export interface Spread {
  width: number;
}

/**
 * Claims tasks until the batch holds `limit` or nothing that it asks for is free.
 *
 * A claimer alone takes the very top, strictly in claim order. Claimers that collide there would
 * collide again at what is then the top; so whoever collides looks further down, at a random
 * stretch of the top, and its next claims begin there, nearer to the top each time that they meet
 * nobody. What it gets is then off strict order by at most that width. Each claim is a
 * compare-and-swap of one document: of those who try it exactly one wins, so all make progress,
 * and the loop ends.
 */
export async function claimTasks(
  tasks: Collection<TaskDocument>,
  request: LeaseRequest,
  { now, actorKey, random, spread }: ClaimTerms,
): Promise<void> {
  const look = async (limit: number): Promise<Looked> => {
    // Stretches of equal length, so that two claimers meet on all of one or not at all.
    const stretches = Math.max(1, Math.floor(spread.width / limit));
    const skip = Math.floor(random() * stretches) * limit;
    return { skip, found: await findCandidates(tasks, request, { now, skip, limit }) };
  };
  // None of the three needs another, and each is a way to the server and back.
  const [actor, holds, first] = await Promise.all([
    actorKey(),
    tasks.countDocuments(heldBy(request.batchId, now), { hint: indexes.batch }),
    look(request.limit),
  ]);
  let lacking = request.limit - holds;
  let met = false;
  let looked: Looked | undefined = first;
  while (lacking > 0) {
    const { skip, found } = looked ?? (await look(lacking));
    looked = undefined;
    const candidates = found.slice(0, lacking);
    if (candidates.length === 0) {
      if (skip === 0) return;
      // There are fewer than that: nearer to the top.
      spread.width = Math.floor(skip / 2);
      continue;
    }
    const claims = candidates.map((candidate) => {
      const outcome = lease(fieldsToStanding(candidate), request, now);
      if (outcome.kind === 'not-free') {
        throw new Error(`task ${candidate._id} was found as free and is not`);
      }
      return swap(candidate, outcome, { actor, at: now });
    });
    const { modifiedCount } = await tasks.bulkWrite(claims, { ordered: false });
    lacking -= modifiedCount;
    if (modifiedCount < candidates.length) {
      met = true;
      spread.width = Math.min(widest, Math.max(spread.width, request.limit) * growth);
    }
  }
  if (!met) spread.width = Math.floor(spread.width / 2);
}

interface Looked {
  readonly skip: number;
  readonly found: readonly Standing[];
}

interface Stretch {
  readonly now: number;
  readonly skip: number;
  readonly limit: number;
}

/**
 * A stretch of the free tasks in claim order. Without the hint, and while others claimed, MongoDB
 * 6.0 was seen to answer with nothing where thousands were free; so an empty answer at the top
 * counts only from a snapshot, in which nothing moves. A snapshot is a little old, which the swap
 * makes harmless.
 */
async function findCandidates(
  tasks: Collection<TaskDocument>,
  request: LeaseRequest,
  { now, skip, limit }: Stretch,
): Promise<readonly Standing[]> {
  const find = (options: FindOptions) =>
    tasks
      .find(freeFor(request, now), { ...options, hint: claimIndex(request.filter) })
      .sort(claimOrder)
      .skip(skip)
      .limit(limit)
      .batchSize(limit)
      .project<Standing>(standingOnly)
      .toArray();
  const candidates = await find({});
  return candidates.length > 0 || skip > 0 ? candidates : find(snapshot);
}
