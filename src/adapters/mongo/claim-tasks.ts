import type { AnyBulkWriteOperation, Collection, FindOptions } from 'mongodb';
import type { LeaseRequest } from '../../queue/relabel-queue.js';
import { lease } from '../../queue/transitions.js';
import { fieldsToStanding, standingToFields } from './documents.js';
import type { StandingFields, TaskDocument } from './documents.js';
import { asks, claimOrder, free, heldBy, indexes, snapshot } from './task-filters.js';

type Candidate = Pick<TaskDocument, '_id' | 'revision' | keyof StandingFields>;

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
  now: number,
  random: () => number,
): Promise<void> {
  const held = heldBy(request.batchId, now);
  let lacking = request.limit - (await tasks.countDocuments(held, { hint: indexes.batch }));
  for (let width = lacking; lacking > 0; width = Math.min(width * spread, widest)) {
    const candidates = await findCandidates(tasks, request, now, Math.max(width, lacking));
    if (candidates.length === 0) return;
    const chosen = choose(candidates, lacking, random);
    const claims = chosen.map((candidate) => claim(candidate, request, now));
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
  { filter }: LeaseRequest,
  now: number,
  limit: number,
): Promise<readonly Candidate[]> {
  const find = (options: FindOptions) =>
    tasks
      .find({ ...asks(filter), ...free(now) }, { ...options, hint: indexes.claimOrder })
      .sort(claimOrder)
      .limit(limit)
      .batchSize(limit)
      .project<Candidate>({ revision: 1, state: 1, fence: 1, lease: 1, label: 1, skip: 1 })
      .toArray();
  const candidates = await find({});
  return candidates.length > 0 ? candidates : find(snapshot);
}

function claim(
  candidate: Candidate,
  request: LeaseRequest,
  now: number,
): AnyBulkWriteOperation<TaskDocument> {
  const outcome = lease(fieldsToStanding(candidate), request, now);
  if (outcome.kind === 'not-free') {
    throw new Error(`task ${candidate._id} was found as free and is not`);
  }
  return {
    updateOne: {
      filter: { _id: candidate._id, revision: candidate.revision },
      update: { $set: standingToFields(outcome.standing), $inc: { revision: 1 } },
    },
  };
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
