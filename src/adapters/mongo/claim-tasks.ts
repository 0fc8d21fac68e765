import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import type { LeaseRequest } from '../../queue/relabel-queue.js';
import { lease } from '../../queue/transitions.js';
import { fieldsToStanding, standingToFields } from './documents.js';
import type { StandingFields, TaskDocument } from './documents.js';
import { asks, claimOrder, free, heldBy } from './task-filters.js';

type Candidate = Pick<TaskDocument, '_id' | 'revision' | keyof StandingFields>;

/** A claimer that collided looks at this many candidates for each task that it still lacks... */
const spread = 4;
/** ...and more at each further collision, up to this many in all. */
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
  const wanted = { ...asks(request.filter), ...free(now) };
  let lacking = request.limit - (await tasks.countDocuments(heldBy(request.batchId, now)));
  for (let attempt = 0; lacking > 0; attempt++) {
    const width = attempt === 0 ? lacking : Math.min(lacking * spread * attempt, widest);
    const candidates = await tasks
      .find(wanted)
      .sort(claimOrder)
      .limit(Math.max(lacking, width))
      .batchSize(Math.max(lacking, width))
      .project<Candidate>({ revision: 1, state: 1, fence: 1, lease: 1, label: 1, skip: 1 })
      .toArray();
    if (candidates.length === 0) return;
    const chosen = choose(candidates, lacking, random);
    const claims = chosen.map((candidate) => claim(candidate, request, now));
    const { modifiedCount } = await tasks.bulkWrite(claims, { ordered: false });
    lacking -= modifiedCount;
  }
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
