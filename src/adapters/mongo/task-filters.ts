import type { Filter, IndexDescription, Sort } from 'mongodb';
import type { BatchId } from '../../ids.js';
import type {
  LeaseFilter,
  LeaseRequest,
  TaskFilter,
  TimeRange,
} from '../../queue/relabel-queue.js';
import type { TaskState } from '../../queue/task.js';
import type { TaskDocument } from './documents.js';

/** The conditions of transitions.ts as filters, and the indexes that serve them. */

/** `byClaimOrder` */
export const claimOrder: Sort = { 'decision.priority': -1, offeredAt: 1, _id: 1 };

/**
 * The names of indexes that are asked for by name: a claim must not depend on what the planner
 * thinks of a table that changes under it.
 */
export const indexes = {
  claimOrder: 'claim-order-2',
  claimOrderByReason: 'claim-order-by-reason',
  batch: 'batch',
  duplicates: 'duplicates',
} as const;

/** Of an earlier edgeminer; in place of each there is another one. */
export const obsoleteIndexes: readonly string[] = ['claim-order'];

/** The order of claims, and what lets them pass over what they don't ask for without reading it. */
const orderKeys = {
  'decision.priority': -1,
  offeredAt: 1,
  _id: 1,
  'lease.expiresAt': 1,
  modelName: 1,
  sourceId: 1,
  topClass: 1,
  project: 1,
  occurredAt: 1,
} as const;

/** Reads one moment that a majority holds, in which no task is missed or seen twice. */
export const snapshot = { readConcern: { level: 'snapshot' } } as const;

/** Whether it is there is all that is asked. */
export const onlyId = { projection: { _id: 1 } } as const;

/** What reads tasks reads no chains. */
export const withoutAudit = { projection: { audit: 0 } } as const;

export const taskIndexes: readonly (IndexDescription & { readonly name: string })[] = [
  // Retention asks who needs a picture.
  { name: 'image', key: { 'image.hash': 1 } },
  {
    // Claims walk it from the top, once for pending and once for leased tasks, and merge.
    name: indexes.claimOrder,
    key: { state: 1, ...orderKeys },
  },
  {
    // The same, of claims that ask for a reason, which may be a rare one.
    name: indexes.claimOrderByReason,
    key: { state: 1, 'decision.reasons': 1, ...orderKeys },
  },
  {
    // Lists by state, page by page.
    name: 'state-and-id',
    key: { state: 1, _id: 1 },
  },
  {
    // What a batch holds.
    name: indexes.batch,
    key: { 'lease.batchId': 1 },
    partialFilterExpression: { 'lease.batchId': { $exists: true } },
  },
  {
    // Answers recall.
    name: indexes.duplicates,
    key: { duplicates: 1, sourceId: 1, modelName: 1 },
  },
  {
    // Answers recentFingerprints without reading a document.
    name: 'fingerprints',
    key: {
      modelName: 1,
      sourceId: 1,
      controlOnly: 1,
      occurredAt: -1,
      _id: 1,
      'image.perceptualHash': 1,
    },
  },
];

/** `isFree` */
function free(now: number): Filter<TaskDocument> {
  return { $or: [{ state: 'pending' }, { state: 'leased', 'lease.expiresAt': { $lte: now } }] };
}

/** `isHeldBy` */
export function heldBy(batchId: BatchId, now: number): Filter<TaskDocument> {
  return { 'lease.batchId': batchId, state: 'leased', 'lease.expiresAt': { $gt: now } };
}

/** What a claimer or reader asks for, apart from the state. */
function asks(filter: LeaseFilter): Filter<TaskDocument> {
  const { modelName, sourceId, reason, topClass, project, projects, offeredAt, occurredAt } =
    filter;
  const inProjects = projects === undefined ? {} : { $in: [...projects] };
  return {
    ...(modelName === undefined ? {} : { modelName }),
    ...(sourceId === undefined ? {} : { sourceId }),
    ...(reason === undefined ? {} : { 'decision.reasons': reason }),
    ...(topClass === undefined ? {} : { topClass }),
    ...(project === undefined && projects === undefined
      ? {}
      : { project: { ...(project === undefined ? {} : { $eq: project }), ...inProjects } }),
    ...(offeredAt === undefined ? {} : { offeredAt: within(offeredAt) }),
    ...(occurredAt === undefined ? {} : { occurredAt: within(occurredAt) }),
  };
}

function within({ from = -Infinity, to = Infinity }: TimeRange) {
  return { $gte: from, $lte: to };
}

/** `isFreeFor`, and what is asked for. */
export function freeFor({ annotator, filter }: LeaseRequest, now: number): Filter<TaskDocument> {
  return { ...asks(filter), ...free(now), answeredBy: { $ne: annotator } };
}

/** The index that a claim walks. */
export function claimIndex({ reason }: LeaseFilter): string {
  return reason === undefined ? indexes.claimOrder : indexes.claimOrderByReason;
}

/** Of tasks as `seenAt` shows them. */
export function shows(filter: TaskFilter, now: number): Filter<TaskDocument> {
  const { state, batchId, opinionBy } = filter;
  const conditions: Filter<TaskDocument>[] = [];
  if (state !== undefined) conditions.push(inState(state, now));
  if (batchId !== undefined) {
    conditions.push({
      'lease.batchId': batchId,
      $or: [{ state: { $ne: 'leased' } }, { 'lease.expiresAt': { $gt: now } }],
    });
  }
  if (opinionBy !== undefined) {
    // The label's alone, of a task that an earlier edgeminer ended.
    const before = { opinions: { $exists: false }, 'label.annotator': opinionBy };
    conditions.push({ $or: [{ 'opinions.annotator': opinionBy }, before] });
  }
  return { ...asks(filter), ...(conditions.length === 0 ? {} : { $and: conditions }) };
}

function inState(state: TaskState, now: number): Filter<TaskDocument> {
  if (state === 'pending') return free(now);
  return state === 'leased' ? { state, 'lease.expiresAt': { $gt: now } } : { state };
}
