import type { InStatement, InValue, Row } from '@libsql/client';
import { actorKey, taskId } from '../../ids.js';
import type { TaskId } from '../../ids.js';
import type { AuditAction, AuditDetail, AuditEntry } from '../../queue/audit.js';
import type { TaskState } from '../../queue/task.js';
import { numberIn, textIn } from './columns.js';

/** Between audit entries and rows of the table `audit`. */

function rowToEntry(row: Row): AuditEntry {
  return {
    taskId: taskId(textIn(row, 'task_id')),
    seq: numberIn(row, 'seq'),
    at: numberIn(row, 'at'),
    actor: actorKey(textIn(row, 'actor')),
    action: textIn(row, 'action') as AuditAction,
    from: textIn(row, 'from_state') as TaskState | 'none',
    to: textIn(row, 'to_state') as AuditEntry['to'],
    round: numberIn(row, 'round'),
    fence: numberIn(row, 'fence'),
    detail: JSON.parse(textIn(row, 'detail')) as AuditDetail,
    hash: textIn(row, 'hash'),
  };
}

/** Rows in the order of `seq`, as the chains of their tasks. */
export function rowsToChains(rows: readonly Row[]): ReadonlyMap<TaskId, readonly AuditEntry[]> {
  const chains = new Map<TaskId, AuditEntry[]>();
  for (const entry of rows.map(rowToEntry)) {
    const chain = chains.get(entry.taskId);
    if (chain === undefined) chains.set(entry.taskId, [entry]);
    else chain.push(entry);
  }
  return chains;
}

export function insertEntry(entry: AuditEntry): InStatement {
  return { sql: `${insert} VALUES (${placeholders})`, args: argsOf(entry) };
}

/** The first entry of a task that is about to be made; nothing where the task is there or was erased. */
export function insertFirstEntry(entry: AuditEntry): InStatement {
  return {
    sql: `${insert} SELECT ${placeholders}
          WHERE NOT EXISTS (SELECT 1 FROM tasks WHERE id = :task_id)
            AND NOT EXISTS (SELECT 1 FROM closed_trails WHERE task_id = :task_id)`,
    args: argsOf(entry),
  };
}

const columns = [
  'task_id',
  'seq',
  'at',
  'actor',
  'action',
  'from_state',
  'to_state',
  'round',
  'fence',
  'hash',
  'detail',
];
const insert = `INSERT INTO audit (${columns.join(', ')})`;
const placeholders = columns.map((column) => `:${column}`).join(', ');

function argsOf(entry: AuditEntry): Record<string, InValue> {
  const { seq, at, actor, action, round, fence, hash } = entry;
  return {
    task_id: entry.taskId,
    seq,
    at,
    actor,
    action,
    from_state: entry.from,
    to_state: entry.to,
    round,
    fence,
    hash,
    detail: JSON.stringify(entry.detail),
  };
}
