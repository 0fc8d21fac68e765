import { z } from 'zod';
import { taskStates } from '../queue/task.js';
import { count, next, nextNumber, sha256, time } from './schema-pieces.js';

/** What reviewers send and get, as schemas.ts has it for the others. */
export const ifMatch = z.looseObject({
  'if-match': z
    .string()
    .max(1000)
    .optional()
    .describe('The ETag of the task as it was read: it is changed only if it is still the same.'),
});

export const ifNoneMatch = z.looseObject({
  'if-none-match': z
    .string()
    .max(1000)
    .optional()
    .describe('The ETag of what the caller has: the answer is 304 while it is the same.'),
});

export const orderRequest = z.strictObject({
  reason: z
    .string()
    .describe('Why, in 1 to 500 characters. It stays in the audit trail: name nobody.'),
});

export const holdingsQuery = z.strictObject({
  after: z.string().max(1000).optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

export const holdingsPage = z
  .object({
    holdings: z.array(
      z.object({
        annotator: z.string(),
        batchId: z.string(),
        tasks: count,
        since: time.describe('When the first of them was leased.'),
        expiresAt: time.describe('When the first of them is lost, unless it is renewed.'),
      }),
    ),
    next,
  })
  .describe('Who holds what now, by annotator, then since when.');

export const auditQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

export const auditPage = z
  .object({
    entries: z.array(
      z.object({
        seq: z.int().min(1),
        at: time,
        who: z.string().describe('The name, or the key of somebody whose name is not known.'),
        action: z.string().describe('What was done: offer, lease, label, requeue and so on.'),
        from: z.enum([...taskStates, 'none']),
        to: z.enum([...taskStates, 'erased']),
        round: z.int(),
        fence: z.int(),
        detail: z.record(z.string(), z.union([z.string(), z.number()])),
        hash: z.string(),
      }),
    ),
    next: nextNumber,
    verdict: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('whole') }),
      z.object({ kind: z.literal('no-trail') }),
      z.object({
        kind: z.literal('broken'),
        seq: z.int().describe('The entry at which the chain breaks.'),
        why: z.string(),
      }),
    ]),
  })
  .describe('What happened to a task, oldest first, and whether its chain of hashes is whole.');

export const verifyQuery = z.strictObject({
  after: sha256.optional().describe('`next` of the page before.'),
  limit: z.coerce.number().int().min(1).max(1000).default(500).describe('Tasks to verify.'),
});

export const verification = z
  .object({
    whole: count,
    noTrail: count.describe('Tasks older than the audit trail.'),
    erased: count.describe('Chains that are whole, and closed by the erasure of their tasks.'),
    broken: z.array(z.object({ task: z.string(), entry: z.int(), why: z.string() })),
    next,
  })
  .describe("The chains of a page of tasks, by the tasks' ids.");
