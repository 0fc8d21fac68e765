import { z } from 'zod';
import { exportFormats } from '../curate/export.js';
import { splits } from '../curate/curated-set.js';
import { problemCodes } from './problems.js';
import { taskStates } from '../queue/task.js';
import { reasonSchema, signalNameSchema } from '../score/signal-schema.js';
import { labelBody, labelSet } from './label-schemas.js';
import { count, name, next, sha256, time } from './schema-pieces.js';
import { signal } from './signal-schema.js';

/**
 * What goes over the wire, requests and answers, as zod schemas: they check at run time, type
 * the routes, and make the OpenAPI document. Times are ISO 8601 in UTC.
 */
const reason = reasonSchema;
const state = z.enum(taskStates);

export const problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    code: z.enum(problemCodes).describe('The fault code; docs/errors.md has a line for each.'),
    detail: z.string().describe('What is wrong.'),
    mend: z.string().describe('What to do about it.'),
    field: z.string().optional().describe('The field, parameter or setting at fault.'),
  })
  .meta({ id: 'Problem', description: 'What went wrong, as RFC 9457 has it.' });

// Events

export const acceptedEvent = z
  .object({
    eventId: z.string(),
    outcome: z
      .enum(['taken', 'queued', 'known', 'other-picture', 'duplicate', 'passed'])
      .describe(
        '`taken`: durable, and mined later. The others: mined at once. `other-picture`: the task of this ' +
          'eventId shows another picture, and was left as it was.',
      ),
    taskId: z.string().nullable(),
    priority: z.number().nullable(),
    reasons: z.array(reason),
  })
  .meta({
    id: 'AcceptedEvent',
    description: 'The event is durable. What was decided, if it was mined at once.',
  });

// Tasks

const predictions = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('classification'),
    classes: z.array(z.string()),
    probabilities: z.array(z.number()).optional(),
    logits: z.array(z.number()).optional(),
  }),
  z.object({
    kind: z.literal('detection'),
    boxes: z.array(
      z.object({
        label: z.string(),
        score: z.number(),
        x: z.number(),
        y: z.number(),
        width: z.number(),
        height: z.number(),
      }),
    ),
    imageWidth: z.number(),
    imageHeight: z.number(),
  }),
  z.object({ kind: z.literal('none') }),
]);

export const task = z
  .object({
    id: z.string(),
    state,
    eventId: z.string(),
    occurredAt: time,
    offeredAt: time,
    modelName: z.string(),
    modelVersion: z.string(),
    sourceId: z.string(),
    image: z.object({
      href: z.string().describe('Path of the bytes on this server.'),
      hash: z.string().describe('sha256 of the bytes.'),
      contentType: z.string(),
      width: z.int(),
      height: z.int(),
      uri: z.string().nullable().describe('Where it came from, if the event named a place.'),
      kept: z
        .enum(['copy', 'reference'])
        .describe(
          '`reference`: the bytes lie at `uri` alone; this server fetches them from there.',
        ),
    }),
    predictions,
    tags: z.record(z.string(), z.string()),
    priority: z.number().describe('0..1; 1 first.'),
    reasons: z.array(reason),
    control: z.boolean().describe('Whether the event belongs to the control sample.'),
    inclusionProbability: z.number(),
    policy: z.string(),
    reference: z.string(),
    signals: z.array(signal),
    absentSignals: z.array(z.object({ name: signalNameSchema, why: z.string() })),
    labelSet: labelSet
      .nullable()
      .describe('What a label may say; null where the model has no label set.'),
    fence: z.int().describe('Goes back with the label: it names this lease of the task.'),
    lease: z
      .object({ batchId: z.string(), annotator: z.string(), expiresAt: time })
      .nullable()
      .describe('Of a leased task.'),
    round: z.int().describe('1 or more; raised each time that the task is queued again.'),
    overlap: z.int().describe('Opinions that a round takes.'),
    label: z
      .object({
        body: labelBody,
        annotator: z.string(),
        settledBy: z
          .enum(['agreement', 'adjudication'])
          .nullable()
          .describe('How several opinions became one label; null where one person labelled.'),
        labelledAt: time,
        labelSet: z.string(),
      })
      .nullable()
      .describe('Of a labelled task.'),
    opinions: z
      .array(
        z.object({
          body: labelBody,
          annotator: z.string(),
          givenAt: time,
          labelSet: z.string(),
          round: z.int(),
          heldMs: z.number().describe('From the lease to the opinion; 0 if not known.'),
          prediction: z
            .object({ shown: z.boolean(), accepted: z.boolean() })
            .nullable()
            .describe("Whether the model's prediction was seen, and left as it was."),
        }),
      )
      .describe(
        'All that people said. While the task is open only reviewers see it, so that nobody is swayed.',
      ),
    skip: z
      .object({ reason: z.string(), annotator: z.string(), skippedAt: time })
      .nullable()
      .describe('The last skip of a skipped task.'),
    disputes: z
      .array(z.object({ round: z.int(), why: z.array(z.string()) }))
      .describe('What rounds were disputed about, in sentences; none while the task is open.'),
    secondLook: z
      .array(z.string())
      .nullable()
      .describe('Of a round that looks at a label again: what speaks against it.'),
    duplicates: z.array(z.string()).describe('Events that repeat this picture.'),
  })
  .meta({ id: 'Task', description: 'One candidate on its way to a label.' });

export type TaskJson = z.output<typeof task>;

export const taskParams = z.object({ id: sha256.describe('The id of the task.') });

const moment = z.iso
  .datetime({ offset: true })
  .optional()
  .describe('Inclusive. ISO 8601 with a time zone.');

const leaseFilter = {
  model: name.optional(),
  source: name.optional(),
  reason: reason.optional(),
  class: name.optional().describe('The likeliest class by the predictions.'),
  project: name.optional().describe("The event's tag `project`."),
  offeredFrom: moment,
  offeredTo: moment,
  occurredFrom: moment,
  occurredTo: moment,
};

export const taskQuery = z.strictObject({
  ...leaseFilter,
  state: state.optional(),
  after: sha256.optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const taskPage = z
  .object({
    tasks: z.array(task),
    next,
  })
  .describe('A page of tasks, ordered by id.');

const claim = {
  batchId: name.describe('The batch that the task was leased in.'),
  fence: z.int().min(1).describe('`fence` of the task as it was leased.'),
};

export const labelRequest = z.strictObject({
  ...claim,
  // Checked against the label set of the task's model, with better words than a schema has.
  label: z.unknown().meta(schemaOf(labelBody)),
});

export const skipRequest = z.strictObject({
  ...claim,
  reason: z.string().describe("Why the task can't be labelled, in 1 to 500 characters."),
});

export const adjudicateRequest = labelRequest.pick({ label: true });

/** A zod schema as plain JSON Schema, for a place where it describes and does not check. */
function schemaOf(schema: z.ZodType): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(z.toJSONSchema(schema)).filter(([keyword]) => keyword !== '$schema'),
  );
}

// Batches

const leaseSeconds = z.number().positive().optional().describe('By default queue.leaseSeconds.');

export const leaseRequest = z.strictObject({
  limit: z.int().min(1).default(10),
  leaseSeconds,
  ...leaseFilter,
});

export const batch = z
  .object({ batchId: z.string(), expiresAt: time, tasks: z.array(task) })
  .describe('What was leased; no tasks when nothing that matches is free.');

export const batchParams = z.object({ id: name.describe('The id of the batch.') });

export const renewRequest = z.strictObject({ leaseSeconds }).nullish();

export const renewal = z
  .object({ batchId: z.string(), expiresAt: time, renewed: z.int() })
  .describe('When what the batch still holds expires now.');

export const releaseRequest = z
  .strictObject({
    tasks: z.array(sha256).max(1000).optional().describe('By default all that it holds.'),
  })
  .nullish();

export const release = z
  .object({ batchId: z.string(), released: z.int() })
  .describe('How many tasks went back; 0 when the batch held none any more.');

// Curated sets

const splitCount = z.object({ items: count, groups: count });
const shares = z.strictObject({
  train: z.number().min(0).max(1),
  validation: z.number().min(0).max(1),
  test: z.number().min(0).max(1),
});

export const snapshotRequest = z.strictObject({
  name: z
    .string()
    .regex(/^[\w.-]{1,100}$/u, { error: 'must be 1 to 100 letters, digits, dots, dashes' }),
  model: name.optional(),
  reason: reason.optional(),
  split: z
    .strictObject({
      shares: shares.optional(),
      seed: name.optional(),
      incidentGapSeconds: z.number().min(0).optional(),
      nearDuplicateBits: z.int().min(0).max(32).optional(),
    })
    .optional()
    .describe('By default as curation in the configuration.'),
});

export const curatedSetSummary = z.object({
  version: z.string(),
  name: z.string(),
  createdAt: time,
  items: count,
});

export const curatedSetListQuery = z.strictObject({
  after: sha256.optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

export const curatedSetList = z
  .object({
    curatedSets: z.array(curatedSetSummary),
    next,
  })
  .describe('A page of curated sets, newest first.');

const curatedItem = z.object({
  taskId: z.string(),
  split: z.enum(splits),
  group: z.string(),
  image: z.object({
    hash: z.string(),
    contentType: z.string(),
    width: z.int(),
    height: z.int(),
  }),
  label: labelBody,
  weight: z.number(),
  lineage: z.object({
    eventId: z.string(),
    occurredAt: time,
    sourceId: z.string(),
    modelName: z.string(),
    modelVersion: z.string(),
    reference: z.string(),
    policy: z.string(),
    reasons: z.array(reason),
    priority: z.number(),
    signals: z.array(signal.pick({ name: true, raw: true, edgeScore: true, flagged: true })),
    annotator: z.string(),
    labelledAt: time,
    labelSet: z.string(),
  }),
});

export type CuratedItemJson = z.output<typeof curatedItem>;

export const curatedSetHead = curatedSetSummary.extend({
  classes: z.array(z.string()),
  split: z.object({
    shares,
    seed: z.string(),
    incidentGapSeconds: z.number(),
    nearDuplicateBits: z.int(),
  }),
  splits: z.object({ train: splitCount, validation: splitCount, test: splitCount }),
});

export const curatedSetPage = curatedSetHead
  .extend({
    page: z.array(curatedItem),
    next,
  })
  .describe('A curated set and a page of its items, ordered by task id.');

export const snapshotAnswer = curatedSetHead
  .extend({ outcome: z.enum(['published', 'known']) })
  .describe('The snapshot; `known` when the same content was published before.');

export const curatedSetParams = z.object({
  version: z
    .string()
    .regex(/^(?:latest|[0-9a-f]{12,64})$/u, {
      error: "must be 'latest' or the first 12 to 64 hex digits of a version",
    })
    .describe('The first 12 digits of a version or more, or `latest`.'),
});

export const curatedSetQuery = z.strictObject({
  after: sha256.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export const exportQuery = z.strictObject({ format: z.enum(exportFormats) });

// The rest

export const stats = z
  .object({
    byState: z.record(state, count),
    byReason: z.partialRecord(reason, count),
    byModel: z.record(z.string(), count),
    duplicates: count,
    oldestPendingAt: time.nullable(),
  })
  .meta({ id: 'QueueStats', description: 'What the relabeling queue holds.' });

export const health = z.object({ status: z.literal('ok'), version: z.string() });

export const readiness = z
  .object({
    ready: z.boolean(),
    checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string().optional() })),
  })
  .describe('Whether each thing that the server depends on answers.');
