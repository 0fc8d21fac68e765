import type { ClientSession, Collection, Db, Filter, MongoClient, UpdateFilter } from 'mongodb';
import type { BatchId } from '../../ids.js';
import type { Notice, Subscribers } from '../../notice/notice.js';
import type { TaskDocument } from './documents.js';
import { announce, openOutboxCollection } from './mongo-outbox.js';
import type { MessageDocument } from './mongo-outbox.js';
import { heldBy, indexes } from './task-filters.js';
import { transact } from './transactions.js';

/** Of the collection `batch.answers`: what was answered under a batch that others hear of. */
interface BatchAnswers {
  readonly _id: BatchId;
  readonly answered: number;
}

/** What is needed to tell others of what happens to tasks. */
export interface Telling {
  readonly client: MongoClient;
  readonly messages: Collection<MessageDocument>;
  readonly answers: Collection<BatchAnswers>;
  readonly subscribers: Subscribers;
}

export async function openTelling(db: Db, subscribers: Subscribers): Promise<Telling> {
  const messages = await openOutboxCollection(db);
  const answers = db.collection<BatchAnswers>('batch.answers');
  return { client: db.client, messages, answers, subscribers };
}

/** A step of one task, as `swap` makes it. */
export interface StepWrite {
  readonly filter: Filter<TaskDocument>;
  readonly update: UpdateFilter<TaskDocument>;
}

export interface Told {
  readonly notice: Notice | undefined;
  /** The batch that the step is an answer under. */
  readonly batchId?: BatchId;
  readonly now: number;
}

/**
 * Stores the step, and in the same transaction the messages that tell of it; false where somebody
 * changed the task since it was read. Where nobody wants to hear of it, it is one plain write.
 */
export async function storeAndTell(
  tasks: Collection<TaskDocument>,
  { filter, update }: StepWrite,
  telling: Telling,
  { notice, batchId, now }: Told,
): Promise<boolean> {
  const { client, messages, subscribers } = telling;
  const wanted = notice !== undefined && subscribers(notice.event).length > 0 ? notice : undefined;
  const batch = subscribers('batch.completed').length > 0 ? batchId : undefined;
  if (wanted === undefined && batch === undefined) {
    return (await tasks.updateOne(filter, update)).modifiedCount === 1;
  }
  return transact(client, async (session) => {
    // First, so that two who answer the last tasks of a batch at once meet here, and the later
    // of them sees what the other did.
    const answered = batch === undefined ? 0 : await countAnswer(telling, batch, session);
    const { modifiedCount } = await tasks.updateOne(filter, update, { session });
    if (modifiedCount === 0) {
      await session.abortTransaction();
      return false;
    }
    const terms = { subscribers, at: now, session };
    if (wanted !== undefined) await announce(messages, wanted, terms);
    if (batch !== undefined) {
      const one = { session, hint: indexes.batch, projection: { _id: 1 } } as const;
      if ((await tasks.findOne(heldBy(batch, now), one)) === null) {
        const data = { batchId: batch, answered };
        await announce(messages, { event: 'batch.completed', sequence: answered, data }, terms);
      }
    }
    return true;
  });
}

async function countAnswer(
  { answers }: Telling,
  batchId: BatchId,
  session: ClientSession,
): Promise<number> {
  const counted = await answers.findOneAndUpdate(
    { _id: batchId },
    { $inc: { answered: 1 } },
    { upsert: true, returnDocument: 'after', session },
  );
  return counted?.answered ?? 1;
}
