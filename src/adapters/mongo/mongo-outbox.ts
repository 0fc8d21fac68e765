import type { ClientSession, Collection, Db } from 'mongodb';
import type { DeliveryId } from '../../ids.js';
import { messagesOf } from '../../notice/notice.js';
import type { Message, Notice, Subscribers } from '../../notice/notice.js';
import type { ClaimEnd, MessageClaim, MessageFilter, Outbox } from '../../notice/outbox.js';
import { durable, guarded } from './content-addressed-bucket.js';

/** Of the collection `outbox`. Times are milliseconds since 1970-01-01 UTC. */
export interface MessageDocument extends Omit<Message, 'id'> {
  readonly _id: DeliveryId;
  /** To be claimed from then on: the next try, or the end of the lease. `null` once it is buried. */
  readonly dueAt: number | null;
  readonly fence: number;
  readonly failures: number;
  readonly why?: string;
  readonly buriedAt?: number;
}

export const outboxIndexes = [
  { name: 'due', key: { dueAt: 1, _id: 1 } },
  { name: 'endpoint', key: { endpoint: 1, dueAt: 1, at: 1 } },
  { name: 'subject', key: { subject: 1 } },
] as const;

const mostDead = 1000;

export async function openOutboxCollection(db: Db): Promise<Collection<MessageDocument>> {
  const messages = db.collection<MessageDocument>('outbox', durable);
  await guarded(() => messages.createIndexes(outboxIndexes.map((index) => ({ ...index }))));
  return messages;
}

/** The outbox in the collection of that name. The connection is its opener's. */
export function mongoOutbox(messages: Collection<MessageDocument>): Outbox {
  /** The one message that a claim holds. */
  const held = ({ id, fence }: MessageClaim) => ({ _id: id, fence, dueAt: { $ne: null } });
  const end = (count: number): ClaimEnd => (count === 1 ? 'done' : 'lost');

  return {
    claim: ({ limit, until }, now) =>
      guarded(async () => {
        const claimed = [];
        while (claimed.length < limit) {
          const found = await messages.findOneAndUpdate(
            { dueAt: { $lte: now } },
            { $set: { dueAt: until }, $inc: { fence: 1 } },
            { sort: { dueAt: 1, _id: 1 }, returnDocument: 'after' },
          );
          if (found === null) break;
          claimed.push({ ...toMessage(found), body: found.body, fence: found.fence });
        }
        return claimed;
      }),

    delivered: (claim) =>
      guarded(async () => end((await messages.deleteOne(held(claim))).deletedCount)),

    failed: (claim, why, retryAt) =>
      guarded(async () => {
        const update = { $set: { why, dueAt: retryAt }, $inc: { failures: 1 } };
        return end((await messages.updateOne(held(claim), update)).modifiedCount);
      }),

    bury: (claim, why, now) =>
      guarded(async () => {
        const update = { $set: { why, dueAt: null, buriedAt: now }, $inc: { failures: 1 } };
        return end((await messages.updateOne(held(claim), update)).modifiedCount);
      }),

    dead: (filter) =>
      guarded(async () => {
        const found = await messages
          .find({ ...asks(filter), dueAt: null }, { projection: { body: 0 } })
          .sort({ buriedAt: -1, _id: 1 })
          .limit(mostDead)
          .toArray();
        return found.map((document) => ({
          ...toMessage(document),
          why: document.why ?? '',
          buriedAt: document.buriedAt ?? document.at,
        }));
      }),

    revive: (filter, now) =>
      guarded(async () => {
        const { modifiedCount } = await messages.updateMany(
          { ...asks(filter), dueAt: null },
          {
            $set: { dueAt: now, failures: 0 },
            $unset: { why: '', buriedAt: '' },
            $inc: { fence: 1 },
          },
        );
        return modifiedCount;
      }),

    standing: () =>
      guarded(async () => {
        const waits = { $ne: ['$dueAt', null] };
        const groups = await messages
          .aggregate<{ _id: string; waiting: number; dead: number; oldestAt: number | null }>([
            {
              $group: {
                _id: '$endpoint',
                waiting: { $sum: { $cond: [waits, 1, 0] } },
                dead: { $sum: { $cond: [waits, 0, 1] } },
                oldestAt: { $min: { $cond: [waits, '$at', null] } },
              },
            },
            { $sort: { _id: 1 } },
          ])
          .toArray();
        return groups.map(({ _id, waiting, dead, oldestAt }) => ({
          endpoint: _id,
          waiting,
          dead,
          oldestAt: oldestAt ?? undefined,
        }));
      }),

    async close() {
      // The connection is its opener's.
    },
  };
}

/** Writes the notice's messages in the transaction that makes what they tell of. */
export async function announce(
  messages: Collection<MessageDocument>,
  notice: Notice,
  { subscribers, at, session }: AnnounceTerms,
): Promise<void> {
  const made = messagesOf(notice, subscribers, at);
  if (made.length === 0) return;
  await messages.bulkWrite(
    made.map(({ id, ...message }) => ({
      updateOne: {
        filter: { _id: id },
        update: { $setOnInsert: { ...message, dueAt: message.at, fence: 0, failures: 0 } },
        upsert: true,
      },
    })),
    { session },
  );
}

interface AnnounceTerms {
  readonly subscribers: Subscribers;
  readonly at: number;
  readonly session: ClientSession;
}

function toMessage({ _id, endpoint, event, subject, at, failures }: Omit<MessageDocument, 'body'>) {
  return { id: _id, endpoint, event, subject, at, failures };
}

function asks({ endpoint, ids }: MessageFilter) {
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(ids === undefined ? {} : { _id: { $in: [...ids] } }),
  };
}
