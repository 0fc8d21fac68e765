import type { Collection, Db } from 'mongodb';
import { taskId } from '../../ids.js';
import type { TaskId } from '../../ids.js';
import { checkExpiry, checkLease, checkPage } from '../../queue/check-request.js';
import type { RelabelQueue, TaskReader } from '../../queue/relabel-queue.js';
import { byClaimOrder, complete, seenAt } from '../../queue/transitions.js';
import { guarded } from './content-addressed-bucket.js';
import { documentToTask, standingToFields } from './documents.js';
import type { TaskDocument } from './documents.js';
import { claimTasks } from './claim-tasks.js';
import { offerTasks, noteDuplicates } from './offers.js';
import { heldBy, indexes, shows, snapshot, taskIndexes } from './task-filters.js';
import { queueStats } from './queue-stats.js';

const hinted = { hint: indexes.batch } as const;

/**
 * The relabeling queue in the collection `tasks`. Every change is of one document at a time and
 * safe to repeat, so nothing here needs a transaction. `random` spreads claimers that collide;
 * uniform in [0, 1). The connection is its opener's.
 * @throws EdgeminerError `store.unavailable`, as every method does
 */
export async function openMongoQueue(
  db: Db,
  random: () => number,
): Promise<RelabelQueue & TaskReader> {
  const tasks: Collection<TaskDocument> = db.collection<TaskDocument>('tasks');
  await guarded(() => tasks.createIndexes([...taskIndexes]));

  const find = (id: TaskId) => tasks.findOne({ _id: id });

  return {
    offer: (offers, now) =>
      guarded(async () => {
        const contents = offers.flatMap((offer) => (offer.kind === 'task' ? [offer.content] : []));
        const created = await offerTasks(tasks, contents, now);
        await noteDuplicates(
          tasks,
          offers.flatMap((offer) => (offer.kind === 'duplicate' ? [offer] : [])),
        );
        return offers.map((offer) => {
          if (offer.kind === 'duplicate') return 'duplicate';
          // Of the same task offered twice in one call, the first one made it.
          return created.delete(offer.content.id) ? 'queued' : 'known';
        });
      }),

    recall: ({ taskId: id, modelName, sourceId, eventId }) =>
      guarded(async () => {
        const only = { projection: { _id: 1 } } as const;
        if ((await tasks.findOne({ _id: id }, only)) !== null) return 'task';
        const noted = { modelName, sourceId, duplicates: eventId };
        return (await tasks.findOne(noted, only)) === null ? 'nothing' : 'duplicate';
      }),

    recentFingerprints: ({ modelName, sourceId, from, to, limit }) =>
      guarded(async () => {
        if (limit < 1) return [];
        const found = await tasks
          .find({ modelName, sourceId, controlOnly: false, occurredAt: { $gte: from, $lte: to } })
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
        await claimTasks(tasks, request, now, random);
        const batch = await tasks.find(heldBy(request.batchId, now), hinted).toArray();
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
          const outcome = complete(task, claim, verdict, now);
          if (outcome.kind === 'lost') return { kind: 'lost' };
          if (outcome.kind === 'already-completed') return { kind: 'already-completed', task };
          const { modifiedCount } = await tasks.updateOne(
            { _id: claim.taskId, revision: found.revision },
            { $set: standingToFields(outcome.standing), $inc: { revision: 1 } },
          );
          if (modifiedCount === 1) {
            return { kind: 'completed', task: { ...task, ...outcome.standing } };
          }
        }
      }),

    release: (batchId, ids, now) =>
      guarded(async () => {
        const named = ids === 'all' ? {} : { _id: { $in: [...ids] } };
        // What `release` of transitions.ts decides.
        const { modifiedCount } = await tasks.updateMany(
          { ...heldBy(batchId, now), ...named },
          { $set: { state: 'pending', lease: null }, $inc: { revision: 1 } },
          hinted,
        );
        return modifiedCount;
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
          .find({ ...shows(filter, now), ...after }, snapshot)
          .sort({ _id: 1 })
          .limit(page.limit)
          .batchSize(page.limit)
          .toArray();
        return found.map((document) => seenAt(documentToTask(document), now));
      }),

    stats: (now) => guarded(() => queueStats(tasks, now)),

    async close() {
      // The connection is its opener's.
    },
  };
}
