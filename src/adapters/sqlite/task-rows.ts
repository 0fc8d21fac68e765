import type { InStatement, InValue, Row } from '@libsql/client';
import { annotatorId, batchId, modelName, sourceId, taskId } from '../../ids.js';
import type { EventId } from '../../ids.js';
import type { Lease, Task, TaskContent, TaskState } from '../../queue/task.js';
import { findingsOf, isControlOnly } from '../../queue/transitions.js';
import type { TaskFindings, TaskStanding } from '../../queue/transitions.js';
import { numberIn, optionalTextIn, textIn } from './columns.js';
import { fromExactJson, toExactJson } from './exact-json.js';

/** Between tasks and rows of the table `tasks`; schema.ts says what each column is for. */

/** What of the event has no column. */
type EventRest = Pick<TaskContent, 'eventId' | 'modelVersion' | 'image' | 'tags'>;
type Ending = Pick<TaskStanding, 'label' | 'skip'>;

export function rowToTask(row: Row): Task {
  return {
    ...(fromExactJson(textIn(row, 'event')) as EventRest),
    ...(fromExactJson(textIn(row, 'findings')) as TaskFindings),
    ...rowToStanding(row),
    id: taskId(textIn(row, 'id')),
    occurredAt: numberIn(row, 'occurred_at'),
    modelName: modelName(textIn(row, 'model_name')),
    sourceId: sourceId(textIn(row, 'source_id')),
    offeredAt: numberIn(row, 'offered_at'),
    duplicates: JSON.parse(textIn(row, 'duplicates')) as readonly EventId[],
  };
}

function rowToStanding(row: Row): TaskStanding {
  const ending = optionalTextIn(row, 'ending');
  const { label, skip } = ending === undefined ? {} : (fromExactJson(ending) as Partial<Ending>);
  return {
    state: textIn(row, 'state') as TaskState,
    fence: numberIn(row, 'fence'),
    lease: leaseIn(row),
    label,
    skip,
  };
}

function leaseIn(row: Row): Lease | undefined {
  const batch = optionalTextIn(row, 'batch_id');
  if (batch === undefined) return undefined;
  return {
    batchId: batchId(batch),
    annotator: annotatorId(textIn(row, 'annotator')),
    expiresAt: numberIn(row, 'expires_at'),
  };
}

/** Makes the task's row, or refreshes what was found out about it. */
export function upsert(content: TaskContent, { standing, offeredAt }: NewTask): InStatement {
  const { eventId, modelVersion, image, tags, decision } = content;
  const values: Readonly<Record<string, InValue>> = {
    id: content.id,
    state: standing.state,
    fence: standing.fence,
    priority: decision.priority,
    offered_at: offeredAt,
    occurred_at: content.occurredAt,
    model_name: content.modelName,
    source_id: content.sourceId,
    perceptual_hash: image.perceptualHash,
    control_only: isControlOnly(decision) ? 1 : 0,
    reasons: JSON.stringify(decision.reasons),
    findings: toExactJson(findingsOf(content)),
    event: toExactJson({ eventId, modelVersion, image, tags } satisfies EventRest),
  };
  const columns = Object.keys(values);
  const refreshed = ['priority', 'control_only', 'reasons', 'findings'];
  return {
    sql: `INSERT INTO tasks (${columns.join(', ')})
          VALUES (${columns.map((column) => `:${column}`).join(', ')})
          ON CONFLICT (id) DO UPDATE SET
          ${refreshed.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    args: { ...values },
  };
}

export interface NewTask {
  readonly standing: TaskStanding;
  readonly offeredAt: number;
}

/** Swaps the standing, if nobody changed it since `revision` was read. */
export function swapStanding(
  id: Task['id'],
  revision: number,
  { state, fence, lease, label, skip }: TaskStanding,
): InStatement {
  return {
    sql: `UPDATE tasks SET state = :state, fence = :fence, batch_id = :batch,
            annotator = :annotator, expires_at = :expiresAt, ending = :ending,
            revision = revision + 1
          WHERE id = :id AND revision = :revision`,
    args: {
      id,
      revision,
      state,
      fence,
      batch: lease?.batchId ?? null,
      annotator: lease?.annotator ?? null,
      expiresAt: lease?.expiresAt ?? null,
      ending: label === undefined && skip === undefined ? null : toExactJson({ label, skip }),
    },
  };
}
