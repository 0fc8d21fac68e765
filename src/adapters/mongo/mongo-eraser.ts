import type { Collection, Db, MongoClient } from 'mongodb';
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

export interface EraserParts extends TaskCollections {
  readonly client: MongoClient;
  readonly messages: Collection<MessageDocument>;
  readonly closed: Collection<ClosedTrailDocument>;
}

export function mongoEraser({
  tasks,
  persons,
  client,
  messages,
  closed,
}: EraserParts): TaskEraser & ImageUses {
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
            await closed.insertOne(
              {
                _id: id,
                auditHead: { seq: last.seq, hash: last.hash },
                audit: [...(found.audit ?? []), auditFields(last)],
              },
              { session },
            );
            await tasks.deleteOne({ _id: id }, { session });
            await messages.deleteMany({ subject: id }, { session });
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
        return found.map(({ _id, image, state, offeredAt, audit }) => ({
          hash: image.hash,
          taskId: _id,
          state,
          changedAt: audit?.at(-1)?.at ?? offeredAt,
        }));
      }),
  };
}
