import type { InStatement, InValue, Row } from '@libsql/client';
import { annotatorId, batchId, modelName, sourceId, taskId } from '../../ids.js';
import type { ActorKey, EventId } from '../../ids.js';
import { nextEntry } from '../../queue/audit.js';
import type { AuditEntry, AuditHead } from '../../queue/audit.js';
import { answersOfEarlier } from '../../queue/earlier-standing.js';
import type { EarlierStanding } from '../../queue/earlier-standing.js';
import type { Lease, Task, TaskContent, TaskState } from '../../queue/task.js';
import { isControlOnly, projectOf, topClassOf } from '../../queue/task-facts.js';
import { answeredBy, findingsOf } from '../../queue/transitions.js';
import type { Step, TaskFindings, TaskStanding } from '../../queue/transitions.js';
import { insertEntry } from './audit-rows.js';
import { numberIn, optionalTextIn, textIn } from './columns.js';
import { fromExactJson, toExactJson } from './exact-json.js';

/** Between tasks and rows of the table `tasks`; schema.ts says what each column is for. */

/** What of the event has no column. */
type EventRest = Pick<TaskContent, 'eventId' | 'modelVersion' | 'image' | 'tags'>;
type Answers = Pick<
  TaskStanding,
  'opinions' | 'skips' | 'label' | 'formerLabels' | 'disputes' | 'secondLooks'
>;
type EarlierEnding = Pick<EarlierStanding, 'label' | 'skip'>;

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

export function rowToStanding(row: Row): TaskStanding {
  const fence = numberIn(row, 'fence');
  const lease = leaseIn(row);
  return {
    state: textIn(row, 'state') as TaskState,
    round: numberIn(row, 'round'),
    overlap: numberIn(row, 'overlap'),
    fence,
    lease,
    ...answersIn(row, { fence, lease }),
  };
}

function answersIn(row: Row, claim: Pick<TaskStanding, 'fence' | 'lease'>): Answers {
  const stored = optionalTextIn(row, 'answers');
  if (stored !== undefined) {
    const answers = fromExactJson(stored) as Answers;
    return { ...answers, label: answers.label };
  }
  const ending = optionalTextIn(row, 'ending');
  const ended = ending === undefined ? {} : (fromExactJson(ending) as Partial<EarlierEnding>);
  const { label, skip } = ended;
  return { label, ...answersOfEarlier({ ...claim, label, skip }) };
}

function leaseIn(row: Row): Lease | undefined {
  const batch = optionalTextIn(row, 'batch_id');
  if (batch === undefined) return undefined;
  const expiresAt = numberIn(row, 'expires_at');
  return {
    batchId: batchId(batch),
    annotator: annotatorId(textIn(row, 'annotator')),
    leasedAt: row['leased_at'] === null ? expiresAt : numberIn(row, 'leased_at'),
    expiresAt,
  };
}

/** Makes the task's row, or refreshes what was found out about it; nothing where it was erased. */
export function upsert(content: TaskContent, { standing, offeredAt, first }: NewTask): InStatement {
  const { eventId, modelVersion, image, tags, decision } = content;
  const values: Readonly<Record<string, InValue>> = {
    id: content.id,
    state: standing.state,
    round: standing.round,
    overlap: standing.overlap,
    fence: standing.fence,
    priority: decision.priority,
    offered_at: offeredAt,
    occurred_at: content.occurredAt,
    model_name: content.modelName,
    source_id: content.sourceId,
    top_class: topClassOf(content) ?? null,
    project: projectOf(content) ?? null,
    audit_seq: first.seq,
    audit_hash: first.hash,
    answers: toExactJson(answersOf(standing)),
    perceptual_hash: image.perceptualHash,
    control_only: isControlOnly(decision) ? 1 : 0,
    reasons: JSON.stringify(decision.reasons),
    findings: toExactJson(findingsOf(content)),
    event: toExactJson({ eventId, modelVersion, image, tags } satisfies EventRest),
  };
  const columns = Object.keys(values);
  const refreshed = ['priority', 'top_class', 'control_only', 'reasons', 'findings'];
  return {
    sql: `INSERT INTO tasks (${columns.join(', ')})
          SELECT ${columns.map((column) => `:${column}`).join(', ')}
          WHERE NOT EXISTS (SELECT 1 FROM closed_trails WHERE task_id = :id)
          ON CONFLICT (id) DO UPDATE SET
          ${refreshed.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    args: { ...values },
  };
}

export interface NewTask {
  readonly standing: TaskStanding;
  readonly offeredAt: number;
  /** Of the task's chain. */
  readonly first: AuditEntry;
}

/** The columns that `storeStep` needs to have been read. */
export const standingColumns = `id, state, round, overlap, fence, batch_id, annotator, leased_at,
  expires_at, ending, answers, audit_seq, audit_hash`;

/** One step of the state machine, and its audit entry. For a transaction that read `row`. */
export function storeStep(
  row: Row,
  { standing, transition }: Step,
  { actor, at }: { readonly actor: ActorKey; readonly at: number },
): InStatement[] {
  const { state, round, fence, lease } = standing;
  const id = taskId(textIn(row, 'id'));
  const entry = nextEntry(headIn(row), { taskId: id, actor, at, transition });
  return [
    {
      sql: `UPDATE tasks SET state = :state, round = :round, fence = :fence, batch_id = :batch,
              annotator = :annotator, leased_at = :leasedAt, expires_at = :expiresAt,
              ending = NULL, answers = :answers, answered_by = :answeredBy,
              audit_seq = :auditSeq, audit_hash = :auditHash, revision = revision + 1
            WHERE id = :id`,
      args: {
        id,
        state,
        round,
        fence,
        batch: lease?.batchId ?? null,
        annotator: lease?.annotator ?? null,
        leasedAt: lease?.leasedAt ?? null,
        expiresAt: lease?.expiresAt ?? null,
        answers: toExactJson(answersOf(standing)),
        answeredBy: JSON.stringify(answeredBy(standing)),
        auditSeq: entry.seq,
        auditHash: entry.hash,
      },
    },
    insertEntry(entry),
  ];
}

export function headIn(row: Row): AuditHead {
  return { seq: numberIn(row, 'audit_seq'), hash: textIn(row, 'audit_hash') };
}

export function answersOf(standing: TaskStanding): Answers {
  const { opinions, skips, label, formerLabels, disputes, secondLooks } = standing;
  return { opinions, skips, label, formerLabels, disputes, secondLooks };
}
