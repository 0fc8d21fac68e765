import type { InStatement, Row } from '@libsql/client';
import type { Reason } from '../../decision/decision.js';
import { EdgeminerError } from '../../faults.js';
import { taskId } from '../../ids.js';
import type { TaskId } from '../../ids.js';
import { checkExpiry, checkLease, checkPage } from '../../queue/check-request.js';
import type {
  LeaseRequest,
  Offer,
  OfferOutcome,
  RelabelQueue,
  TaskReader,
} from '../../queue/relabel-queue.js';
import type { TaskState } from '../../queue/task.js';
import {
  byClaimOrder,
  complete,
  maxDuplicates,
  newStanding,
  seenAt,
} from '../../queue/transitions.js';
import { numberIn, textIn } from './columns.js';
import type { SqliteDatabase } from './sqlite-database.js';
import { all, asks, heldBy, shows } from './task-conditions.js';
import { rowToTask, swapStanding, upsert } from './task-rows.js';

/**
 * The relabeling queue in one SQLite file. SQLite has one writer at a time, so a claim is one
 * statement, strictly in claim order, and claimers never collide. The connection is its opener's.
 */
export function sqliteQueue(database: SqliteDatabase): RelabelQueue & TaskReader {
  async function findRow(id: TaskId): Promise<Row | undefined> {
    const [row] = await database.read({ sql: 'SELECT * FROM tasks WHERE id = ?', args: [id] });
    return row;
  }

  return {
    async offer(offers, now) {
      if (offers.length === 0) return [];
      // Tasks first, so that a near-duplicate may come with the task that it repeats.
      const order = offers
        .map((offer, index) => ({ offer, index }))
        .sort((a, b) => Number(a.offer.kind !== 'task') - Number(b.offer.kind !== 'task'));
      const results = await database.write(
        order.flatMap(({ offer }) => [isThere(idOf(offer)), change(offer, now)]),
      );
      const outcomes: OfferOutcome[] = [];
      for (const [position, { offer, index }] of order.entries()) {
        const known = results[position * 2]?.rows.length === 1;
        if (offer.kind === 'duplicate' && !known) throw unknownOriginal(offer.of);
        if (offer.kind === 'duplicate') outcomes[index] = 'duplicate';
        else outcomes[index] = known ? 'known' : 'queued';
      }
      return outcomes;
    },

    async recall({ taskId: id, modelName, sourceId, eventId }) {
      const [found] = await database.read({
        sql: `SELECT EXISTS (SELECT 1 FROM tasks WHERE id = :id) AS task,
                EXISTS (SELECT 1 FROM near_duplicates WHERE model_name = :modelName
                  AND source_id = :sourceId AND event_id = :eventId) AS duplicate`,
        args: { id, modelName, sourceId, eventId },
      });
      if (found === undefined) return 'nothing';
      if (numberIn(found, 'task') === 1) return 'task';
      return numberIn(found, 'duplicate') === 1 ? 'duplicate' : 'nothing';
    },

    async recentFingerprints({ modelName, sourceId, from, to, limit }) {
      const rows = await database.read({
        sql: `SELECT id, perceptual_hash FROM tasks
              WHERE model_name = :modelName AND source_id = :sourceId AND control_only = 0
                AND occurred_at BETWEEN :from AND :to
              ORDER BY occurred_at DESC, id LIMIT :limit`,
        args: { modelName, sourceId, from, to, limit: Math.max(0, limit) },
      });
      return rows.map((row) => ({
        taskId: taskId(textIn(row, 'id')),
        perceptualHash: textIn(row, 'perceptual_hash'),
      }));
    },

    async lease(request, now) {
      checkLease(request, now);
      const held = heldBy(request.batchId, now);
      const [, batch] = await database.write([
        claim(request, now),
        { sql: `SELECT * FROM tasks WHERE ${held.sql}`, args: { ...held.args } },
      ]);
      return (batch?.rows ?? []).map(rowToTask).sort(byClaimOrder);
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

    async complete(claimed, verdict, now) {
      for (;;) {
        const row = await findRow(claimed.taskId);
        if (row === undefined) return { kind: 'unknown-task' };
        const task = rowToTask(row);
        const outcome = complete(task, claimed, verdict, now);
        if (outcome.kind === 'lost') return { kind: 'lost' };
        if (outcome.kind === 'already-completed') return { kind: 'already-completed', task };
        const [swapped] = await database.write([
          swapStanding(claimed.taskId, numberIn(row, 'revision'), outcome.standing),
        ]);
        if (swapped?.rowsAffected === 1) {
          return { kind: 'completed', task: { ...task, ...outcome.standing } };
        }
      }
    },

    async release(batchId, tasks, now) {
      const named = { sql: 'id IN (SELECT value FROM json_each(:ids))' };
      const held = all([
        heldBy(batchId, now),
        ...(tasks === 'all' ? [] : [{ ...named, args: { ids: JSON.stringify(tasks) } }]),
      ]);
      const [changed] = await database.write([
        {
          sql: `UPDATE tasks SET state = 'pending', batch_id = NULL, annotator = NULL,
                  expires_at = NULL, revision = revision + 1
                WHERE ${held.sql}`,
          args: { ...held.args },
        },
      ]);
      return changed?.rowsAffected ?? 0;
    },

    async find(id) {
      const row = await findRow(id);
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

    async stats(now) {
      const [groups, reasons, duplicates] = await database.readTogether([
        {
          sql: `SELECT iif(state = 'leased' AND expires_at <= :now, 'pending', state) AS seen,
                  model_name, count(*) AS tasks, min(offered_at) AS oldest
                FROM tasks GROUP BY seen, model_name`,
          args: { now },
        },
        `SELECT reason.value AS reason, count(*) AS tasks
         FROM tasks, json_each(tasks.reasons) AS reason GROUP BY reason.value`,
        'SELECT coalesce(sum(json_array_length(duplicates)), 0) AS noted FROM tasks',
      ]);
      const byState: Record<TaskState, number> = { pending: 0, leased: 0, labelled: 0, skipped: 0 };
      const byModel = new Map<string, number>();
      let oldestPendingAt: number | undefined;
      for (const row of groups?.rows ?? []) {
        const state = textIn(row, 'seen') as TaskState;
        const model = textIn(row, 'model_name');
        const count = numberIn(row, 'tasks');
        byState[state] += count;
        byModel.set(model, (byModel.get(model) ?? 0) + count);
        if (state === 'pending') {
          oldestPendingAt = Math.min(oldestPendingAt ?? Infinity, numberIn(row, 'oldest'));
        }
      }
      const byReason: Partial<Record<Reason, number>> = {};
      for (const row of reasons?.rows ?? []) {
        byReason[textIn(row, 'reason') as Reason] = numberIn(row, 'tasks');
      }
      const [noted] = duplicates?.rows ?? [];
      return {
        byState,
        byReason,
        byModel: Object.fromEntries(byModel),
        duplicates: noted === undefined ? 0 : numberIn(noted, 'noted'),
        oldestPendingAt,
      };
    },

    async close() {
      // The connection is its opener's.
    },
  };
}

function idOf(offer: Offer): TaskId {
  return offer.kind === 'task' ? offer.content.id : offer.of;
}

function isThere(id: TaskId): InStatement {
  return { sql: 'SELECT 1 FROM tasks WHERE id = ?', args: [id] };
}

/** What `offerTask` and `noteDuplicate` of transitions.ts decide, as one statement. */
function change(offer: Offer, now: number): InStatement {
  if (offer.kind === 'task') {
    return upsert(offer.content, { standing: newStanding, offeredAt: now });
  }
  return {
    sql: `UPDATE tasks SET duplicates = json_insert(duplicates, '$[#]', :eventId)
          WHERE id = :id AND json_array_length(duplicates) < :most
            AND NOT EXISTS (SELECT 1 FROM json_each(tasks.duplicates) WHERE value = :eventId)`,
    args: { id: offer.of, eventId: offer.eventId, most: maxDuplicates },
  };
}

/**
 * What `lease` of transitions.ts decides, for the first free tasks in claim order. Pending and
 * expired tasks are looked up apart, so that each walks the index and neither is sorted.
 */
function claim({ batchId, annotator, limit, expiresAt, filter }: LeaseRequest, now: number) {
  const asked = asks(filter);
  const held = heldBy(batchId, now);
  const first = (free: string) =>
    `SELECT * FROM (SELECT id, priority, offered_at FROM tasks WHERE ${free} AND ${asked.sql}
                    ORDER BY priority DESC, offered_at, id LIMIT :limit)`;
  return {
    sql: `UPDATE tasks SET state = 'leased', fence = fence + 1, revision = revision + 1,
            batch_id = :batchId, annotator = :annotator, expires_at = :expiresAt
          WHERE id IN (
            SELECT id FROM (
              ${first(`state = 'pending'`)}
              UNION ALL
              ${first(`state = 'leased' AND expires_at <= :now`)}
            ) ORDER BY priority DESC, offered_at, id
            LIMIT max(0, :limit - (SELECT count(*) FROM tasks WHERE ${held.sql})))`,
    args: { ...asked.args, ...held.args, batchId, annotator, limit, expiresAt, now },
  } satisfies InStatement;
}

function unknownOriginal(id: TaskId): EdgeminerError {
  return new EdgeminerError('task.not-found', `a near-duplicate names the unknown task ${id}`, {
    field: 'of',
    mend: 'Name a task that recentFingerprints gave.',
  });
}
