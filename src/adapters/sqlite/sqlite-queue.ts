import type { InStatement } from '@libsql/client';
import type { Reason } from '../../decision/decision.js';
import { EdgeminerError } from '../../faults.js';
import { imageHash, modelVersion, taskId } from '../../ids.js';
import type { ActorKey, TaskId } from '../../ids.js';
import { edgeminerActor, nextEntry, noEntries } from '../../queue/audit.js';
import { checkExpiry, checkLease, checkPage } from '../../queue/check-request.js';
import type {
  LeaseRequest,
  Offer,
  OfferOutcome,
  RelabelQueue,
  TaskReader,
} from '../../queue/relabel-queue.js';
import { nobody } from '../../notice/notice.js';
import type { Subscribers } from '../../notice/notice.js';
import type { QueueRules } from '../../queue/rules.js';
import type { TaskGovernor } from '../../queue/task-governor.js';
import { noticeOf } from '../../queue/task-notices.js';
import type { Task, TaskContent } from '../../queue/task.js';
import {
  byClaimOrder,
  complete,
  lease,
  maxDuplicates,
  newStanding,
  offerTransition,
  release,
  seenAt,
} from '../../queue/transitions.js';
import { insertFirstEntry } from './audit-rows.js';
import { countAnswer } from './batch-end.js';
import { numberIn, textIn } from './columns.js';
import { keyOf } from './persons.js';
import { queueHoldings, queueStats } from './queue-stats.js';
import type { SqliteDatabase, SqliteTransaction } from './sqlite-database.js';
import { sqliteGovernor } from './sqlite-governor.js';
import { announce } from './sqlite-outbox.js';
import { all, asks, heldBy, queuedFor, shows } from './task-conditions.js';
import {
  headIn,
  rowToStanding,
  rowToTask,
  standingColumns,
  storeStep,
  upsert,
} from './task-rows.js';

/**
 * The relabeling queue in one SQLite file. SQLite has one writer at a time, so a claim is one
 * transaction, strictly in claim order, and claimers never collide. The connection is its
 * opener's.
 */
export function sqliteQueue(
  database: SqliteDatabase,
  rules: QueueRules,
  subscribers: Subscribers = nobody,
): RelabelQueue & TaskReader & TaskGovernor {
  return {
    async offer(offers, now) {
      if (offers.length === 0) return [];
      // Tasks first, so that a near-duplicate may come with the task that it repeats.
      const order = offers
        .map((offer, index) => ({ offer, index }))
        .sort((a, b) => Number(a.offer.kind !== 'task') - Number(b.offer.kind !== 'task'));
      const changes = order.map(({ offer }) => [
        isThere(idOf(offer)),
        ...(offer.kind === 'task' ? make(offer.content, rules, now) : [note(offer)]),
      ]);
      const results = await database.write(changes.flat());
      const outcomes: OfferOutcome[] = [];
      let position = 0;
      for (const [at, { offer, index }] of order.entries()) {
        const known = results[position]?.rows.length === 1;
        position += changes[at]?.length ?? 0;
        if (offer.kind === 'duplicate' && !known) throw unknownOriginal(offer.of);
        if (offer.kind === 'duplicate') outcomes[index] = 'duplicate';
        else outcomes[index] = known ? 'known' : 'queued';
      }
      return outcomes;
    },

    async recall({ taskId: id, modelName, sourceId, eventId }) {
      const [found] = await database.read({
        sql: `SELECT (SELECT json_extract(event, '$.image.hash') FROM tasks WHERE id = :id) AS image,
                (SELECT json_extract(event, '$.modelVersion') FROM tasks WHERE id = :id) AS version,
                (SELECT reasons FROM tasks WHERE id = :id) AS reasons,
                EXISTS (SELECT 1 FROM closed_trails WHERE task_id = :id) AS erased,
                EXISTS (SELECT 1 FROM near_duplicates WHERE model_name = :modelName
                  AND source_id = :sourceId AND event_id = :eventId) AS duplicate`,
        args: { id, modelName, sourceId, eventId },
      });
      if (found === undefined) return { kind: 'nothing' };
      if (found['image'] !== null) {
        const reasons = JSON.parse(textIn(found, 'reasons')) as Reason[];
        return {
          kind: 'task',
          image: imageHash(textIn(found, 'image')),
          modelVersion: modelVersion(textIn(found, 'version')),
          reasons,
        };
      }
      if (numberIn(found, 'erased') === 1) return { kind: 'erased' };
      return { kind: numberIn(found, 'duplicate') === 1 ? 'duplicate' : 'nothing' };
    },

    async recentFingerprints({ modelName, sourceId, from, to, limit, reason }) {
      const rows = await database.read({
        sql: `SELECT id, perceptual_hash FROM tasks
              WHERE model_name = :modelName AND source_id = :sourceId AND control_only = 0
                AND occurred_at BETWEEN :from AND :to
                ${reason === undefined ? '' : `AND ${queuedFor}`}
              ORDER BY occurred_at DESC, id LIMIT :limit`,
        args: {
          modelName,
          sourceId,
          from,
          to,
          limit: Math.max(0, limit),
          ...(reason === undefined ? {} : { reason }),
        },
      });
      return rows.map((row) => ({
        taskId: taskId(textIn(row, 'id')),
        perceptualHash: textIn(row, 'perceptual_hash'),
      }));
    },

    async lease(request, now) {
      checkLease(request, now);
      const held = heldBy(request.batchId, now);
      return database.transact(async (transaction) => {
        const actor = await keyOf(transaction, request.annotator);
        const { rows: free } = await transaction.execute(firstFree(request, now));
        const steps = free.flatMap((row) => {
          const outcome = lease(rowToStanding(row), request, now);
          return outcome.kind === 'leased' ? storeStep(row, outcome, { actor, at: now }) : [];
        });
        await transaction.batch(steps);
        const { rows } = await transaction.execute({
          sql: `SELECT * FROM tasks WHERE ${held.sql}`,
          args: { ...held.args },
        });
        return rows.map(rowToTask).sort(byClaimOrder);
      });
    },

    async renew(batchId, expiresAt, now) {
      checkExpiry(expiresAt, now);
      const held = heldBy(batchId, now);
      const [changed] = await database.write([
        {
          sql: `UPDATE tasks SET expires_at = :expiresAt, revision = revision + 1
                WHERE ${held.sql}`,
          args: { ...held.args, expiresAt },
        },
      ]);
      return changed?.rowsAffected ?? 0;
    },

    complete: (claimed, verdict, now) =>
      database.transact(async (transaction) => {
        const { rows } = await transaction.execute(oneTask(claimed.taskId));
        const [row] = rows;
        if (row === undefined) return { kind: 'unknown-task' };
        const task = rowToTask(row);
        const outcome = complete(task, claimed, verdict, { rules, now });
        if (outcome.kind === 'lost') return { kind: 'lost' };
        if (outcome.kind === 'already-completed') {
          return { kind: 'already-completed', task: seenAt(task, now) };
        }
        const actor = await (claimed.by === undefined
          ? actorOf(transaction, task)
          : keyOf(transaction, claimed.by));
        const notice = noticeOf(task, outcome.transition, headIn(row).seq + 1);
        await transaction.batch([
          ...storeStep(row, outcome, { actor, at: now }),
          ...announce(notice, subscribers, now),
        ]);
        await countAnswer(transaction, claimed.batchId, { subscribers, now });
        return { kind: 'completed', task: { ...task, ...outcome.standing } };
      }),

    release: (batchId, tasks, now) => {
      const named = { sql: 'id IN (SELECT value FROM json_each(:ids))' };
      const held = all([
        heldBy(batchId, now),
        ...(tasks === 'all' ? [] : [{ ...named, args: { ids: JSON.stringify(tasks) } }]),
      ]);
      return database.transact(async (transaction) => {
        const { rows } = await transaction.execute({
          sql: `SELECT ${standingColumns} FROM tasks WHERE ${held.sql}`,
          args: { ...held.args },
        });
        for (const row of rows) {
          const standing = rowToStanding(row);
          const outcome = release(standing, batchId, now);
          if (outcome.kind === 'not-held') continue;
          const actor = await actorOf(transaction, standing);
          await transaction.batch(storeStep(row, outcome, { actor, at: now }));
        }
        return rows.length;
      });
    },

    async find(id) {
      const [row] = await database.read(oneTask(id));
      return row === undefined ? undefined : rowToTask(row);
    },

    async list(filter, page, now) {
      checkPage(page);
      const shown = shows(filter, now);
      const rows = await database.read({
        sql: `SELECT * FROM tasks WHERE id > :after AND ${shown.sql} ORDER BY id LIMIT :limit`,
        args: { ...shown.args, after: page.after ?? '', limit: page.limit },
      });
      return rows.map((row) => seenAt(rowToTask(row), now));
    },

    stats: (now) => queueStats(database, now),
    holdings: (now) => queueHoldings(database, now),

    ...sqliteGovernor(database, subscribers),

    async close() {
      // The connection is its opener's.
    },
  };
}

function idOf(offer: Offer): TaskId {
  return offer.kind === 'task' ? offer.content.id : offer.of;
}

function isThere(id: TaskId): InStatement {
  return {
    sql: `SELECT 1 FROM tasks WHERE id = :id
          UNION SELECT 1 FROM closed_trails WHERE task_id = :id`,
    args: { id },
  };
}

/** What `offerTask` of transitions.ts decides, as statements. */
function make(content: TaskContent, rules: QueueRules, now: number): InStatement[] {
  const standing = newStanding(rules.overlapOf(content));
  const first = nextEntry(noEntries, {
    taskId: content.id,
    actor: edgeminerActor,
    at: now,
    transition: offerTransition(standing),
  });
  return [insertFirstEntry(first), upsert(content, { standing, offeredAt: now, first })];
}

/** What `noteDuplicate` of transitions.ts decides, as one statement. */
function note({ of, eventId }: Extract<Offer, { kind: 'duplicate' }>): InStatement {
  return {
    sql: `UPDATE tasks SET duplicates = json_insert(duplicates, '$[#]', :eventId)
          WHERE id = :id AND json_array_length(duplicates) < :most
            AND NOT EXISTS (SELECT 1 FROM near_duplicates WHERE model_name = tasks.model_name
              AND source_id = tasks.source_id AND event_id = :eventId)`,
    args: { id: of, eventId, most: maxDuplicates },
  };
}

/**
 * The first tasks that are free for the annotator, in claim order, as many as the batch lacks.
 * Pending and expired ones are looked up apart, so that each walks the index and neither is
 * sorted.
 */
function firstFree({ batchId, annotator, limit, filter }: LeaseRequest, now: number) {
  const asked = asks(filter);
  const held = heldBy(batchId, now);
  const first = (free: string) =>
    `SELECT * FROM (SELECT id, priority, offered_at FROM tasks
                    WHERE ${free} AND ${asked.sql} AND NOT EXISTS
                      (SELECT 1 FROM json_each(tasks.answered_by) WHERE value = :annotator)
                    ORDER BY priority DESC, offered_at, id LIMIT :limit)`;
  return {
    sql: `SELECT ${standingColumns} FROM tasks WHERE id IN (
            SELECT id FROM (
              ${first(`state = 'pending'`)}
              UNION ALL
              ${first(`state = 'leased' AND expires_at <= :now`)}
            ) ORDER BY priority DESC, offered_at, id
            LIMIT max(0, :limit - (SELECT count(*) FROM tasks WHERE ${held.sql})))`,
    args: { ...asked.args, ...held.args, annotator, limit, now },
  } satisfies InStatement;
}

/** Whoever holds the task; a batch is one person's. */
function actorOf(
  transaction: SqliteTransaction,
  { lease: held }: Pick<Task, 'lease'>,
): Promise<ActorKey> {
  if (held === undefined) throw new Error('a task that is held has a lease');
  return keyOf(transaction, held.annotator);
}

function oneTask(id: TaskId) {
  return { sql: 'SELECT * FROM tasks WHERE id = ?', args: [id] } satisfies InStatement;
}

function unknownOriginal(id: TaskId): EdgeminerError {
  return new EdgeminerError('task.not-found', `a near-duplicate names the unknown task ${id}`, {
    field: 'of',
    mend: 'Name a task that recentFingerprints gave.',
  });
}
