import type { InValue } from '@libsql/client';
import type { AnnotatorId, BatchId } from '../../ids.js';
import type { LeaseFilter, TaskFilter, TimeRange } from '../../queue/relabel-queue.js';
import type { TaskState } from '../../queue/task.js';

/** A condition on a row, of `tasks` unless told; its arguments are named apart from those of others. */
export interface Condition {
  readonly sql: string;
  readonly args: Readonly<Record<string, InValue>>;
}

/** Of tasks queued for `:reason`, among others. */
export const queuedFor = 'EXISTS (SELECT 1 FROM json_each(tasks.reasons) WHERE value = :reason)';

/** `isHeldBy` of transitions.ts. */
export function heldBy(batch: BatchId, now: number): Condition {
  return {
    sql: `batch_id = :heldBatch AND state = 'leased' AND expires_at > :heldNow`,
    args: { heldBatch: batch, heldNow: now },
  };
}

/** What a claimer or reader asks for, apart from the state. */
export function asks(filter: LeaseFilter): Condition {
  const { modelName, sourceId, reason, topClass, project, projects, offeredAt, occurredAt } =
    filter;
  return all([
    ...equals('model_name', modelName),
    ...equals('source_id', sourceId),
    ...equals('top_class', topClass),
    ...equals('project', project),
    ...(projects === undefined
      ? []
      : [
          {
            sql: 'project IN (SELECT value FROM json_each(:projects))',
            args: { projects: JSON.stringify(projects) },
          },
        ]),
    ...within('offered_at', offeredAt),
    ...within('occurred_at', occurredAt),
    ...(reason === undefined
      ? []
      : [
          {
            sql: queuedFor,
            args: { reason },
          },
        ]),
  ]);
}

function equals(column: string, value: string | undefined): Condition[] {
  return value === undefined ? [] : [{ sql: `${column} = :${column}`, args: { [column]: value } }];
}

function within(column: string, range: TimeRange | undefined): Condition[] {
  const { from, to } = range ?? {};
  return [
    ...(from === undefined
      ? []
      : [{ sql: `${column} >= :${column}_from`, args: { [`${column}_from`]: from } }]),
    ...(to === undefined
      ? []
      : [{ sql: `${column} <= :${column}_to`, args: { [`${column}_to`]: to } }]),
  ];
}

/** Of tasks as `seenAt` shows them. */
export function shows(filter: TaskFilter, now: number): Condition {
  const { state, batchId, opinionBy } = filter;
  return all([
    asks(filter),
    ...(state === undefined ? [] : [{ sql: stateSql(state), args: { seenNow: now } }]),
    ...(batchId === undefined
      ? []
      : [
          {
            sql: `batch_id = :batch AND (state <> 'leased' OR expires_at > :seenNow)`,
            args: { batch: batchId, seenNow: now },
          },
        ]),
    ...(opinionBy === undefined ? [] : [opinionOf(opinionBy)]),
  ]);
}

/** In the answers, or in the label of a task that an earlier edgeminer ended. */
function opinionOf(annotator: AnnotatorId): Condition {
  return {
    sql: `(EXISTS (SELECT 1 FROM json_each(tasks.answers, '$.opinions') AS opinion
            WHERE json_extract(opinion.value, '$.annotator') = :opinionBy)
          OR (answers IS NULL AND json_extract(ending, '$.label.annotator') = :opinionBy))`,
    args: { opinionBy: annotator },
  };
}

function stateSql(state: TaskState): string {
  switch (state) {
    case 'pending':
      return `(state = 'pending' OR (state = 'leased' AND expires_at <= :seenNow))`;
    case 'leased':
      return `(state = 'leased' AND expires_at > :seenNow)`;
    case 'labelled':
    case 'skipped':
    case 'disputed':
    case 'cancelled':
      return `state = '${state}'`;
  }
}

export function all(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.length === 0 ? 'TRUE' : conditions.map(({ sql }) => sql).join(' AND '),
    args: Object.assign({}, ...conditions.map(({ args }) => args)) as Condition['args'],
  };
}
