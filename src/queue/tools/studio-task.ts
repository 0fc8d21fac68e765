import { z } from 'zod';
import { whyOf } from '../../decision/why.js';
import { EdgeminerError } from '../../faults.js';
import { batchId, taskId } from '../../ids.js';
import { writeResults } from '../../label/label-studio/write-results.js';
import type { LabelSet } from '../../label/label.js';
import { readResults, remarkIn } from '../../label/label-studio/read-results.js';
import type { ReadLabel } from '../../label/read-label.js';
import { suggestLabel } from '../../label/suggest-label.js';
import type { Task } from '../task.js';
import type { ToolAnswer, ToolTask } from './tool-answer.js';

/**
 * A task in Label Studio's JSON, as labelstud.io/guide/task_format has it. What finds the task again
 * stands in `data`, which Label Studio keeps and exports.
 */
export function studioTask(
  task: Task,
  labelSet: LabelSet,
  /** Where Label Studio finds the picture. */
  image: string,
): object {
  const suggestion = suggestLabel(task.predictions, labelSet, task.image);
  return {
    data: {
      image,
      edgeminer_task: task.id,
      edgeminer_round: task.round,
      edgeminer_batch: task.lease?.batchId,
      edgeminer_fence: task.fence,
      reasons: task.decision.reasons.join(', '),
      why: whyOf(task.decision.reasons, task.scores.signals).join(' '),
      source: task.sourceId,
      occurred_at: new Date(task.occurredAt).toISOString(),
    },
    predictions:
      suggestion === undefined
        ? []
        : [
            {
              model_version: `${task.modelName} ${task.modelVersion}`,
              ...(suggestion.score === undefined ? {} : { score: suggestion.score }),
              result: writeResults(suggestion.body, labelSet, task.image),
            },
          ],
  };
}

const annotation = z.looseObject({
  id: z.union([z.number(), z.string()]).optional(),
  completed_by: z
    .union([z.number(), z.looseObject({ id: z.number().optional(), email: z.string().optional() })])
    .nullish(),
  was_cancelled: z.boolean().nullish(),
  updated_at: z.string().nullish(),
  result: z.unknown(),
});

const exported = z.looseObject({
  id: z.union([z.number(), z.string()]).optional(),
  data: z.looseObject({
    edgeminer_task: z.string(),
    edgeminer_round: z.number().optional(),
    edgeminer_batch: z.string(),
    edgeminer_fence: z.number(),
  }),
  annotations: z.array(annotation).optional(),
});

/** Enough to tell whether it is one of edgeminer's. */
const perhapsOurs = z.looseObject({
  data: z.looseObject({ edgeminer_task: z.unknown().optional() }),
});

/** Label Studio's account, by its number or its address; undefined where it is not known. */
export type PersonOf = (account: number | string) => string | undefined;

/**
 * One task of Label Studio's JSON export or of its API. Undefined for a task that is none of
 * edgeminer's.
 * @throws EdgeminerError `input.invalid` for what is no such task
 */
export function readStudioTask(
  value: unknown,
  where: string,
  labelSetOf: (task: Task) => LabelSet | undefined,
  personOf: PersonOf,
): ToolTask | undefined {
  const parsed = exported.safeParse(value);
  if (!parsed.success) {
    const data = perhapsOurs.safeParse(value).data?.data;
    if (data !== undefined && data.edgeminer_task === undefined) return undefined;
    const [issue] = parsed.error.issues;
    throw new EdgeminerError(
      'input.invalid',
      `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
      {
        field: issue?.path.join('.') ?? '',
        mend: 'Export the project as JSON (not JSON-MIN), and leave data.edgeminer_* as they are.',
      },
    );
  }
  const { data, annotations = [], id } = parsed.data;
  const named = id === undefined ? where : `${where} (id ${id})`;
  return {
    where: named,
    taskId: taskId(data.edgeminer_task),
    round: data.edgeminer_round,
    claim: {
      taskId: taskId(data.edgeminer_task),
      batchId: batchId(data.edgeminer_batch),
      fence: data.edgeminer_fence,
    },
    answers: newestOfEach(annotations, personOf).map((one): ToolAnswer => {
      const { id: number, result, was_cancelled: cancelled } = one.annotation;
      return {
        where: number === undefined ? named : `${named}, annotation ${number}`,
        person: one.person,
        read: (task): ReadLabel => {
          if (cancelled === true) {
            return { kind: 'skip', reason: remarkIn(result) ?? 'skipped in Label Studio' };
          }
          const labelSet = labelSetOf(task);
          return labelSet === undefined
            ? { kind: 'nothing' }
            : readResults(result, labelSet, task.image);
        },
      };
    }),
  };
}

type Annotation = z.output<typeof annotation>;

/** Who changed their mind said what they said last. Oldest person first. */
function newestOfEach(
  annotations: readonly Annotation[],
  personOf: PersonOf,
): readonly { readonly annotation: Annotation; readonly person: string | undefined }[] {
  const newest = new Map<string, { annotation: Annotation; person: string | undefined }>();
  for (const one of annotations) {
    const account =
      typeof one.completed_by === 'object'
        ? (one.completed_by?.email ?? one.completed_by?.id)
        : one.completed_by;
    const key = String(account);
    const before = newest.get(key);
    const earlier =
      before !== undefined && (one.updated_at ?? '') < (before.annotation.updated_at ?? '');
    if (earlier) continue;
    const person = account === undefined ? undefined : personOf(account);
    newest.set(key, { annotation: one, person });
  }
  return [...newest.values()];
}
