import type { InStatement, Row } from '@libsql/client';
import type { Begun, KeptAnswers, KeyedRequest } from '../../http/kept-answers.js';
import { numberIn, optionalTextIn, textIn } from './columns.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** Rows forgotten along with each new key, at most; more than one, so that the table shrinks. */
const swept = 20;

/** Kept answers in one SQLite file. The connection is its opener's. */
export function sqliteKeptAnswers(database: SqliteDatabase): KeptAnswers {
  return {
    begin: (request, now) =>
      database.transact(async (transaction) => {
        await transaction.execute({
          sql: `DELETE FROM kept_answers WHERE key IN
                  (SELECT key FROM kept_answers WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
          args: [now, swept],
        });
        const { rows } = await transaction.execute({
          sql: 'SELECT * FROM kept_answers WHERE key = ? AND expires_at > ?',
          args: [request.key, now],
        });
        const begun = begunOf(rows[0], request, now);
        if (begun.kind === 'yours') await transaction.execute(claim(request, begun.seed));
        return begun;
      }),

    async end({ key, attempt }, outcome) {
      const own = 'WHERE key = ? AND attempt = ?';
      switch (outcome.kind) {
        case 'answered': {
          const { status, headers, body } = outcome.answer;
          const sql = `UPDATE kept_answers SET status = ?, headers = ?, body = ? ${own}`;
          await database.write([
            { sql, args: [status, JSON.stringify(headers), body, key, attempt] },
          ]);
          return;
        }
        case 'failed': {
          const sql = `UPDATE kept_answers SET runs_until = 0 ${own}`;
          await database.write([{ sql, args: [key, attempt] }]);
          return;
        }
        case 'refused':
          await database.write([{ sql: `DELETE FROM kept_answers ${own}`, args: [key, attempt] }]);
      }
    },

    async close() {
      // The connection is its opener's.
    },
  };
}

function begunOf(row: Row | undefined, request: KeyedRequest, now: number): Begun {
  if (row === undefined) return { kind: 'yours', seed: request.seed };
  if (textIn(row, 'fingerprint') !== request.fingerprint) return { kind: 'other-request' };
  const headers = optionalTextIn(row, 'headers');
  const { body } = row;
  if (headers !== undefined && body instanceof ArrayBuffer) {
    const answer = {
      status: numberIn(row, 'status'),
      headers: JSON.parse(headers) as Record<string, string>,
      body: new Uint8Array(body),
    };
    return { kind: 'answered', answer };
  }
  if (numberIn(row, 'runs_until') > now) return { kind: 'running' };
  return { kind: 'yours', seed: textIn(row, 'seed') };
}

function claim(request: KeyedRequest, seed: string): InStatement {
  const { key, fingerprint, attempt, runsUntil, expiresAt } = request;
  return {
    sql: `INSERT OR REPLACE INTO kept_answers
            (key, fingerprint, seed, attempt, runs_until, expires_at)
          VALUES (?, ?, ?, ?, ?, ?)`,
    args: [key, fingerprint, seed, attempt, runsUntil, expiresAt],
  };
}
