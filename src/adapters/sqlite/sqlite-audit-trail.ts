import type { InStatement, InValue, Row } from '@libsql/client';
import { actorKey } from '../../ids.js';
import type { AnnotatorId } from '../../ids.js';
import type { AuditTrail } from '../../queue/audit-trail.js';
import type { AuditedTask } from '../../queue/audit.js';
import { checkPage } from '../../queue/check-request.js';
import { renamedStanding } from '../../queue/rename-person.js';
import { answeredBy } from '../../queue/transitions.js';
import type { TaskStanding } from '../../queue/transitions.js';
import { rowsToChains } from './audit-rows.js';
import { textIn } from './columns.js';
import { toExactJson } from './exact-json.js';
import { keyOf } from './persons.js';
import { renameAtGold } from './rename-at-gold.js';
import type { SqliteDatabase } from './sqlite-database.js';
import { answersOf, headIn, rowToStanding, rowToTask } from './task-rows.js';

export function sqliteAuditTrail(database: SqliteDatabase): AuditTrail {
  /** The tasks that `chosen` selects by id, and their chains, as of one moment. */
  async function read(chosen: string, args: Record<string, InValue>): Promise<AuditedTask[]> {
    const [tasks, entries] = await database.readTogether([
      { sql: `SELECT * FROM tasks WHERE id IN (${chosen}) ORDER BY id`, args },
      { sql: `SELECT * FROM audit WHERE task_id IN (${chosen}) ORDER BY task_id, seq`, args },
    ]);
    const chains = rowsToChains(entries?.rows ?? []);
    return (tasks?.rows ?? []).map((row) => {
      const task = rowToTask(row);
      return { task, head: headIn(row), entries: chains.get(task.id) ?? [] };
    });
  }

  return {
    async audited(id) {
      const [found] = await read('SELECT :id', { id });
      return found;
    },

    async auditedTasks(page) {
      checkPage(page);
      return read('SELECT id FROM tasks WHERE id > :after ORDER BY id LIMIT :limit', {
        after: page.after ?? '',
        limit: page.limit,
      });
    },

    async namesOf(keys) {
      const rows = await database.read({
        sql: 'SELECT key, name FROM persons WHERE key IN (SELECT value FROM json_each(?))',
        args: [JSON.stringify(keys)],
      });
      return new Map(rows.map((row) => [actorKey(textIn(row, 'key')), textIn(row, 'name')]));
    },

    pseudonymise: (name, pseudonym) =>
      database.transact(async (transaction) => {
        // The name as JSON has it finds the rows to look at; what they hold decides.
        const { rows } = await transaction.execute({
          sql: `SELECT id, state, round, overlap, fence, batch_id, annotator, leased_at, expires_at,
                  ending, answers FROM tasks
                WHERE annotator = :name OR instr(answers, :quoted) OR instr(ending, :quoted)`,
          args: { name, quoted: JSON.stringify(name) },
        });
        const named = rows.filter((row) => names(rowToStanding(row), name));
        const { rows: known } = await transaction.execute({
          sql: 'SELECT 1 FROM persons WHERE name = ?',
          args: [name],
        });
        const elsewhere = await renameAtGold(transaction, { from: name, to: pseudonym });
        if (named.length + known.length + elsewhere.length === 0) {
          return { kind: 'unknown-person' };
        }
        const key = await keyOf(transaction, name);
        await transaction.batch([
          ...named.map((row) => rename(row, name, pseudonym)),
          ...elsewhere,
          { sql: 'UPDATE persons SET name = ? WHERE key = ?', args: [pseudonym, key] },
        ]);
        return { kind: 'pseudonymised', pseudonym, tasks: named.length };
      }),
  };
}

function names(standing: TaskStanding, name: AnnotatorId): boolean {
  const { lease, opinions, skips, formerLabels, label } = standing;
  return [lease, label, ...opinions, ...skips, ...formerLabels].some(
    (one) => one?.annotator === name,
  );
}

function rename(row: Row, name: AnnotatorId, pseudonym: AnnotatorId): InStatement {
  const next = renamedStanding(rowToStanding(row), { from: name, to: pseudonym });
  return {
    sql: `UPDATE tasks SET annotator = :annotator, answers = :answers, ending = NULL,
            answered_by = :answeredBy, revision = revision + 1 WHERE id = :id`,
    args: {
      id: textIn(row, 'id'),
      annotator: next.lease?.annotator ?? null,
      answers: toExactJson(answersOf(next)),
      answeredBy: JSON.stringify(answeredBy(next)),
    },
  };
}
