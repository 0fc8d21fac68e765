import type { InStatement, InValue, Row } from '@libsql/client';
import { deliveryId } from '../../ids.js';
import { messagesOf } from '../../notice/notice.js';
import type { Message, Notice, NoticeName, Subscribers } from '../../notice/notice.js';
import type { ClaimEnd, MessageFilter, Outbox } from '../../notice/outbox.js';
import { numberIn, textIn } from './columns.js';
import type { SqliteDatabase } from './sqlite-database.js';
import { all } from './task-conditions.js';
import type { Condition } from './task-conditions.js';

const mostDead = 1000;

/** The outbox in the table of that name. The connection is its opener's. */
export function sqliteOutbox(database: SqliteDatabase): Outbox {
  /** A change of the one message that a claim holds. */
  async function end(sql: string, args: Record<string, InValue>): Promise<ClaimEnd> {
    const [changed] = await database.write([{ sql: `${sql} ${held}`, args }]);
    return changed?.rowsAffected === 1 ? 'done' : 'lost';
  }

  return {
    async claim({ limit, until }, now) {
      // Mostly nothing is, and who only asks waits for no writer and keeps none waiting.
      const due = await database.read({
        sql: 'SELECT 1 FROM outbox WHERE due_at <= :now LIMIT 1',
        args: { now },
      });
      if (due.length === 0) return [];
      const [claimed] = await database.write([
        {
          sql: `UPDATE outbox SET due_at = :until, fence = fence + 1
                WHERE id IN (SELECT id FROM outbox WHERE due_at <= :now
                             ORDER BY due_at, id LIMIT :limit)
                RETURNING *`,
          args: { until, now, limit },
        },
      ]);
      return (claimed?.rows ?? []).map((row) => ({
        ...rowToMessage(row),
        body: textIn(row, 'body'),
        fence: numberIn(row, 'fence'),
      }));
    },

    delivered: ({ id, fence }) => end('DELETE FROM outbox', { id, fence }),

    failed: ({ id, fence }, why, retryAt) =>
      end('UPDATE outbox SET failures = failures + 1, why = :why, due_at = :retryAt', {
        id,
        fence,
        why,
        retryAt,
      }),

    bury: ({ id, fence }, why, now) =>
      end(
        `UPDATE outbox SET failures = failures + 1, why = :why, due_at = NULL, buried_at = :now`,
        { id, fence, why, now },
      ),

    async dead(filter) {
      const asked = asks(filter);
      const rows = await database.read({
        sql: `SELECT * FROM outbox WHERE due_at IS NULL AND ${asked.sql}
              ORDER BY buried_at DESC, id LIMIT ${mostDead}`,
        args: { ...asked.args },
      });
      return rows.map((row) => ({
        ...rowToMessage(row),
        why: textIn(row, 'why'),
        buriedAt: numberIn(row, 'buried_at'),
      }));
    },

    async revive(filter, now) {
      const asked = asks(filter);
      const [changed] = await database.write([
        {
          sql: `UPDATE outbox SET due_at = :now, failures = 0, why = NULL, buried_at = NULL,
                  fence = fence + 1
                WHERE due_at IS NULL AND ${asked.sql}`,
          args: { ...asked.args, now },
        },
      ]);
      return changed?.rowsAffected ?? 0;
    },

    async standing() {
      const rows = await database.read(
        `SELECT endpoint, count(due_at) AS waiting, count(*) - count(due_at) AS dead,
           min(CASE WHEN due_at IS NOT NULL THEN at END) AS oldest_at
         FROM outbox GROUP BY endpoint ORDER BY endpoint`,
      );
      return rows.map((row) => ({
        endpoint: textIn(row, 'endpoint'),
        waiting: numberIn(row, 'waiting'),
        dead: numberIn(row, 'dead'),
        oldestAt: row['oldest_at'] === null ? undefined : numberIn(row, 'oldest_at'),
      }));
    },

    async close() {
      // The connection is its opener's.
    },
  };
}

const held = 'WHERE id = :id AND fence = :fence AND due_at IS NOT NULL';

/** For the transaction that makes what the notice tells of. */
export function announce(
  notice: Notice | undefined,
  subscribers: Subscribers,
  at: number,
): InStatement[] {
  if (notice === undefined) return [];
  return messagesOf(notice, subscribers, at).map(insertMessage);
}

function insertMessage({ id, endpoint, event, subject, at, body }: Message): InStatement {
  return {
    sql: `INSERT INTO outbox (id, endpoint, event, subject, at, due_at, body)
          VALUES (:id, :endpoint, :event, :subject, :at, :at, :body) ON CONFLICT (id) DO NOTHING`,
    args: { id, endpoint, event, subject, at, body },
  };
}

function rowToMessage(row: Row) {
  return {
    id: deliveryId(textIn(row, 'id')),
    endpoint: textIn(row, 'endpoint'),
    event: textIn(row, 'event') as NoticeName,
    subject: textIn(row, 'subject'),
    at: numberIn(row, 'at'),
    failures: numberIn(row, 'failures'),
  };
}

function asks({ endpoint, ids }: MessageFilter): Condition {
  return all([
    ...(endpoint === undefined ? [] : [{ sql: 'endpoint = :endpoint', args: { endpoint } }]),
    ...(ids === undefined
      ? []
      : [
          {
            sql: 'id IN (SELECT value FROM json_each(:ids))',
            args: { ids: JSON.stringify(ids) },
          },
        ]),
  ]);
}
