import type { ClientSession, Collection, Db, MongoClient } from 'mongodb';
import type { TaskId } from '../../ids.js';
import { nextEntry } from '../../queue/audit.js';
import type { AuditHead } from '../../queue/audit.js';
import { checkPage } from '../../queue/check-request.js';
import type { ImageUses } from '../../queue/image-uses.js';
import { erasureOf } from '../../queue/task-eraser.js';
import type { TaskEraser } from '../../queue/task-eraser.js';
import { guarded } from './content-addressed-bucket.js';
import { auditFields, fieldsToStanding, headOf } from './documents.js';
import type { AuditFields, TaskDocument } from './documents.js';
import type { TaskCollections } from './mongo-governor.js';
import type { GoldCollections } from './mongo-gold.js';
import type { MessageDocument } from './mongo-outbox.js';
import { keyOf } from './persons.js';
import { snapshot } from './task-filters.js';
import { transact } from './transactions.js';

/** Of the collection `closed.trails`: what stays of a task that was erased. */
export interface ClosedTrailDocument {
  readonly _id: TaskId;
  readonly auditHead: AuditHead;
  readonly audit: readonly AuditFields[];
}

export function closedTrailsOf(db: Db): Collection<ClosedTrailDocument> {
  return db.collection<ClosedTrailDocument>('closed.trails');
}

export interface EraserParts extends TaskCollections, Pick<GoldCollections, 'golds' | 'trials'> {
  readonly client: MongoClient;
  readonly messages: Collection<MessageDocument>;
  readonly closed: Collection<ClosedTrailDocument>;
}

export function mongoEraser(parts: EraserParts): TaskEraser & ImageUses {
  const { tasks, golds, persons, client, messages, closed } = parts;
  return {
    erase: (ids, order, now) =>
      guarded(async () => {
        const erased: TaskId[] = [];
        const actor = ids.length === 0 ? undefined : await keyOf(persons, order.by);
        for (const id of actor === undefined ? [] : ids) {
          const done = await transact(client, async (session) => {
            const found = await tasks.findOne({ _id: id }, { session });
            if (found === null || actor === undefined) return false;
            const transition = erasureOf(fieldsToStanding(found), order);
            const last = nextEntry(headOf(found), { taskId: id, actor, at: now, transition });
            const trail = {
              auditHead: { seq: last.seq, hash: last.hash },
              audit: [...(found.audit ?? []), auditFields(last)],
            };
            // One that is there stays: then the task was made again after it was erased.
            await closed.updateOne({ _id: id }, { $setOnInsert: trail }, { upsert: true, session });
            await tasks.deleteOne({ _id: id }, { session });
            await messages.deleteMany({ subject: id }, { session });
            await eraseGold(id, parts, session);
            return true;
          });
          if (done) erased.push(id);
        }
        return erased;
      }),

    closedTrails: ({ after, limit }) =>
      guarded(async () => {
        checkPage({ limit });
        const found = await closed
          .find(after === undefined ? {} : { _id: { $gt: after } }, snapshot)
          .sort({ _id: 1 })
          .limit(limit)
          .toArray();
        return found.map(({ _id, auditHead, audit }) => ({
          taskId: _id,
          head: auditHead,
          entries: audit.map((fields) => ({ taskId: _id, ...fields })),
        }));
      }),

    usesOf: (hashes) =>
      guarded(async () => {
        const found = await tasks
          .find({ 'image.hash': { $in: [...hashes] } })
          .project<Pick<TaskDocument, '_id' | 'image' | 'state' | 'offeredAt' | 'audit'>>({
            'image.hash': 1,
            state: 1,
            offeredAt: 1,
            audit: { $slice: -1 },
          })
          .toArray();
        const ids = found.map(({ _id }) => _id);
        const inUse = await golds.distinct('_id', { _id: { $in: ids }, retiredAt: null });
        return found.map(({ _id, image, state, offeredAt, audit }) => ({
          hash: image.hash,
          taskId: _id,
          state,
          changedAt: audit?.at(-1)?.at ?? offeredAt,
          gold: inUse.includes(_id),
        }));
      }),
  };
}

/** What is kept of the task as a gold one, its trials, and what others were to hear of them. */
async function eraseGold(
  id: TaskId,
  { golds, trials, persons, messages }: EraserParts,
  session: ClientSession,
): Promise<void> {
  const names = await trials.distinct('annotator', { gold: id }, { session });
  if (names.length > 0) {
    // Also by the name that somebody is just being given.
    const one = { $in: names };
    const people = await persons
      .find({ $or: [{ name: one }, { pseudonym: one }] }, { session })
      .toArray();
    const subject = { $in: people.map(({ _id }) => _id) };
    await messages.deleteMany({ event: 'gold.failed', subject, body: { $regex: id } }, { session });
    await trials.deleteMany({ gold: id }, { session });
  }
  await golds.deleteOne({ _id: id }, { session });
}
