import type { Collection } from 'mongodb';
import { taskId } from '../../ids.js';
import type { ActorKey, TaskId } from '../../ids.js';
import { checkExpiry, checkLease, checkPage } from '../../queue/check-request.js';
import type { RelabelQueue, TaskReader } from '../../queue/relabel-queue.js';
import type { QueueRules } from '../../queue/rules.js';
import type { TaskGovernor } from '../../queue/task-governor.js';
import { noticeOf } from '../../queue/task-notices.js';
import type { Task } from '../../queue/task.js';
import { byClaimOrder, complete, release, seenAt } from '../../queue/transitions.js';
import { guarded } from './content-addressed-bucket.js';
import { documentToTask, fieldsToStanding, headOf } from './documents.js';
import type { TaskDocument } from './documents.js';
import { claimTasks } from './claim-tasks.js';
import type { ClosedTrailDocument } from './mongo-eraser.js';
import { mongoGovernor } from './mongo-governor.js';
import type { TaskCollections } from './mongo-governor.js';
import { noteDuplicates, offerTasks, settleTasks } from './offers.js';
import { keyOf } from './persons.js';
import { queueHoldings, queueStats } from './queue-stats.js';
import { standingOnly, swap } from './steps.js';
import type { Standing } from './steps.js';
import { storeAndTell } from './tell-steps.js';
import type { Telling } from './tell-steps.js';
import { heldBy, indexes, onlyId, shows, snapshot, withoutAudit } from './task-filters.js';

const hinted = { hint: indexes.batch } as const;

export interface MongoQueueOptions extends TaskCollections {
  readonly rules: QueueRules;
  /** Spreads claimers that collide; uniform in [0, 1). */
  readonly random: () => number;
  readonly telling: Telling;
  /** Of tasks that were erased; their events make no task again. */
  readonly closed: Collection<ClosedTrailDocument>;
}

/**
 * The relabeling queue in the collection `tasks`. Every change is of one document at a time and
 * safe to repeat; only what others are told of is written in a transaction with its messages. The
 * connection is its opener's.
 */
export function mongoQueue(options: MongoQueueOptions): RelabelQueue & TaskReader & TaskGovernor {
  const { tasks, persons, rules, random, telling, closed } = options;
  const collections = { tasks, closed };
  const spread = { width: 0 };
  const find = (id: TaskId) => tasks.findOne({ _id: id }, withoutAudit);

  return {
    offer: (offers, now) =>
      guarded(async () => {
        const contents = offers.flatMap((offer) => (offer.kind === 'task' ? [offer.content] : []));
        const created = await offerTasks(tasks, contents, { rules, now });
        for (const id of await settleTasks(collections, contents, created)) created.delete(id);
        await noteDuplicates(
          collections,
          offers.filter((offer) => offer.kind === 'duplicate'),
        );
        return offers.map((offer) => {
          if (offer.kind === 'duplicate') return 'duplicate';
          // Of the same task offered twice in one call, the first one made it.
          return created.delete(offer.content.id) ? 'queued' : 'known';
        });
      }),

    recall: ({ taskId: id, modelName, sourceId, eventId }) =>
      guarded(async () => {
        const task = await tasks.findOne<Pick<TaskDocument, 'image' | 'modelVersion' | 'decision'>>(
          { _id: id },
          { projection: { 'image.hash': 1, modelVersion: 1, 'decision.reasons': 1 } },
        );
        if (task !== null) {
          const { image, modelVersion, decision } = task;
          return { kind: 'task', image: image.hash, modelVersion, reasons: decision.reasons };
        }
        const [erased, noted] = await Promise.all([
          closed.findOne({ _id: id }, onlyId),
          tasks.findOne({ modelName, sourceId, duplicates: eventId }, onlyId),
        ]);
        if (erased !== null) return { kind: 'erased' };
        return { kind: noted === null ? 'nothing' : 'duplicate' };
      }),

    recentFingerprints: ({ modelName, sourceId, from, to, limit, reason }) =>
      guarded(async () => {
        if (limit < 1) return [];
        const found = await tasks
          .find({
            modelName,
            sourceId,
            controlOnly: false,
            occurredAt: { $gte: from, $lte: to },
            ...(reason === undefined ? {} : { 'decision.reasons': reason }),
          })
          .sort({ occurredAt: -1, _id: 1 })
          .limit(limit)
          .batchSize(limit)
          .project<Pick<TaskDocument, '_id' | 'image'>>({ 'image.perceptualHash': 1 })
          .toArray();
        return found.map(({ _id, image }) => ({
          taskId: taskId(_id),
          perceptualHash: image.perceptualHash,
        }));
      }),

    lease: (request, now) =>
      guarded(async () => {
        checkLease(request, now);
        const actorKey = () => keyOf(persons, request.annotator);
        await claimTasks(tasks, request, { now, actorKey, random, spread });
        const held = heldBy(request.batchId, now);
        const batch = await tasks.find(held, { ...hinted, ...withoutAudit }).toArray();
        return batch.map(documentToTask).sort(byClaimOrder);
      }),

    renew: (batchId, expiresAt, now) =>
      guarded(async () => {
        checkExpiry(expiresAt, now);
        const { modifiedCount } = await tasks.updateMany(
          heldBy(batchId, now),
          { $set: { 'lease.expiresAt': expiresAt }, $inc: { revision: 1 } },
          hinted,
        );
        return modifiedCount;
      }),

    complete: (claim, verdict, now) =>
      guarded(async () => {
        for (;;) {
          const found = await find(claim.taskId);
          if (found === null) return { kind: 'unknown-task' };
          const task = documentToTask(found);
          const outcome = complete(task, claim, verdict, { rules, now });
          if (outcome.kind === 'lost') return { kind: 'lost' };
          if (outcome.kind === 'already-completed') {
            return { kind: 'already-completed', task: seenAt(task, now) };
          }
          const actor = await (claim.by === undefined ? actorOf(task) : keyOf(persons, claim.by));
          const { updateOne } = swap(found, outcome, { actor, at: now });
          const notice = noticeOf(task, outcome.transition, headOf(found).seq + 1);
          const told = { notice, batchId: claim.batchId, now };
          if (await storeAndTell(tasks, updateOne, telling, told)) {
            return { kind: 'completed', task: { ...task, ...outcome.standing } };
          }
        }
      }),

    release: (batchId, ids, now) =>
      guarded(async () => {
        const named = ids === 'all' ? {} : { _id: { $in: [...ids] } };
        const held = { ...heldBy(batchId, now), ...named };
        for (let released = 0; ;) {
          const found = await tasks.find(held, hinted).project<Standing>(standingOnly).toArray();
          const writes = [];
          for (const one of found) {
            const outcome = release(fieldsToStanding(one), batchId, now);
            if (outcome.kind === 'not-held') continue;
            writes.push(
              swap(one, outcome, { actor: await actorOf(fieldsToStanding(one)), at: now }),
            );
          }
          if (writes.length === 0) return released;
          // Who is overtaken by a completion or a renewal is looked at once more.
          released += (await tasks.bulkWrite(writes, { ordered: false })).modifiedCount;
        }
      }),

    find: (id) =>
      guarded(async () => {
        const found = await find(id);
        return found === null ? undefined : documentToTask(found);
      }),

    list: (filter, page, now) =>
      guarded(async () => {
        checkPage(page);
        const after = page.after === undefined ? {} : { _id: { $gt: page.after } };
        const found = await tasks
          .find({ ...shows(filter, now), ...after }, { ...snapshot, ...withoutAudit })
          .sort({ _id: 1 })
          .limit(page.limit)
          .batchSize(page.limit)
          .toArray();
        return found.map((document) => seenAt(documentToTask(document), now));
      }),

    stats: (now) => guarded(() => queueStats(tasks, now)),
    holdings: (now) => guarded(() => queueHoldings(tasks, now)),

    ...mongoGovernor(options),

    async close() {
      // The connection is its opener's.
    },
  };

  /** Whoever holds the task; a batch is one person's. */
  async function actorOf({ lease: held }: Pick<Task, 'lease'>): Promise<ActorKey> {
    if (held === undefined) throw new Error('a task that is held has a lease');
    return keyOf(persons, held.annotator);
  }
}
