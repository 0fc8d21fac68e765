import type { CuratedItem, CuratedSet } from '../../curate/curated-set.js';
import { curatedSetVersion, taskId } from '../../ids.js';
import type { CuratedSetVersion, TaskId } from '../../ids.js';
import { noEntries } from '../../queue/audit.js';
import type { AuditEntry, AuditHead } from '../../queue/audit.js';
import { answersOfEarlier } from '../../queue/earlier-standing.js';
import type { EarlierSkip } from '../../queue/earlier-standing.js';
import { isControlOnly, projectOf, topClassOf } from '../../queue/task-facts.js';
import type { Lease, Task, TaskContent } from '../../queue/task.js';
import { answeredBy, findingsOf } from '../../queue/transitions.js';
import type { TaskFindings, TaskStanding } from '../../queue/transitions.js';

/**
 * Between the domain and MongoDB's documents. BSON keeps NaN and infinities as they are. The
 * client is set to leave out what is undefined.
 */

/** Of the collection `tasks`. */
export interface TaskDocument extends StoredStanding, FindingsFields {
  readonly _id: TaskId;
  readonly eventId: Task['eventId'];
  readonly occurredAt: number;
  readonly modelName: Task['modelName'];
  readonly modelVersion: Task['modelVersion'];
  readonly sourceId: Task['sourceId'];
  readonly image: Task['image'];
  /** A list, because a tag's name may hold `.` and `$`, which field names should not. */
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  /** See `projectOf`; left out where there is none. */
  readonly project?: string;
  readonly offeredAt: number;
  readonly duplicates: Task['duplicates'];
  /** Raised by every change of the standing; claims and completions compare and swap on it. */
  readonly revision: number;
  /** The task's chain; added to in the same update as the standing. */
  readonly audit?: readonly AuditFields[];
}

export type AuditFields = Omit<AuditEntry, 'taskId'>;

/** `null` where the domain has undefined, so that `$set` writes the whole standing. */
export interface StandingFields {
  readonly state: Task['state'];
  readonly round: number;
  readonly overlap: number;
  readonly fence: number;
  readonly lease: Lease | null;
  readonly opinions: Task['opinions'];
  readonly skips: Task['skips'];
  readonly label: Task['label'] | null;
  readonly formerLabels: Task['formerLabels'];
  readonly disputes?: Task['disputes'];
  readonly secondLooks?: Task['secondLooks'];
  /** See `answeredBy`. */
  readonly answeredBy: readonly Task['opinions'][number]['annotator'][];
}

/** What is there to be read: a document of an earlier edgeminer lacks what has been added since. */
export interface StoredStanding extends Partial<Omit<StandingFields, 'lease'>> {
  readonly state: Task['state'];
  readonly fence: number;
  readonly lease: (Omit<Lease, 'leasedAt'> & Partial<Lease>) | null;
  readonly skip?: EarlierSkip | null;
  readonly auditHead?: AuditHead;
}

/** The fields of StoredStanding, to be asked for. */
export const standingProjection = {
  state: 1,
  round: 1,
  overlap: 1,
  fence: 1,
  lease: 1,
  opinions: 1,
  skips: 1,
  label: 1,
  formerLabels: 1,
  disputes: 1,
  secondLooks: 1,
  skip: 1,
  auditHead: 1,
} as const satisfies Record<keyof Omit<StoredStanding, 'answeredBy'>, 1>;

/** What every offer sets. */
interface FindingsFields extends TaskFindings {
  /** For the index of fingerprints; see `isControlOnly`. */
  readonly controlOnly: boolean;
  /** See `topClassOf`. */
  readonly topClass?: string | null;
}

export function documentToTask(document: TaskDocument): Task {
  const { eventId, occurredAt, modelName, modelVersion, sourceId, image } = document;
  const { predictions, scores, decision, offeredAt, duplicates } = document;
  return {
    id: taskId(document._id),
    eventId,
    occurredAt,
    modelName,
    modelVersion,
    sourceId,
    image,
    predictions,
    tags: Object.fromEntries(document.tags.map(({ name, value }) => [name, value])),
    scores,
    decision,
    ...fieldsToStanding(document),
    offeredAt,
    duplicates,
  };
}

export function fieldsToStanding(fields: StoredStanding): TaskStanding {
  const { state, fence, round = 1, overlap = 1 } = fields;
  const label = fields.label ?? undefined;
  const lease = fields.lease === null ? undefined : leaseOf(fields.lease);
  const { opinions, skips, formerLabels, disputes, secondLooks } = fields;
  const answers =
    opinions === undefined || skips === undefined || formerLabels === undefined
      ? answersOfEarlier({ fence, lease, label, skip: fields.skip ?? undefined })
      : { opinions, skips, formerLabels };
  return {
    state,
    round,
    overlap,
    fence,
    lease,
    label,
    ...answers,
    ...(disputes === undefined ? {} : { disputes }),
    ...(secondLooks === undefined ? {} : { secondLooks }),
  };
}

/** An earlier edgeminer did not write when a lease began. */
function leaseOf(lease: NonNullable<StoredStanding['lease']>): Lease {
  return { ...lease, leasedAt: lease.leasedAt ?? lease.expiresAt };
}

export function headOf({ auditHead }: StoredStanding): AuditHead {
  return auditHead ?? noEntries;
}

export function standingToFields(standing: TaskStanding): StandingFields {
  const { state, round, overlap, fence, lease, opinions, skips, label, formerLabels } = standing;
  const { disputes, secondLooks } = standing;
  return {
    state,
    round,
    overlap,
    fence,
    lease: lease ?? null,
    opinions,
    skips,
    label: label ?? null,
    formerLabels,
    ...(disputes === undefined ? {} : { disputes }),
    ...(secondLooks === undefined ? {} : { secondLooks }),
    answeredBy: answeredBy(standing),
  };
}

/** `offerTask` of transitions.ts as one upsert: a known task gets `$set` only. */
export function offerUpdate(content: TaskContent, { standing, offeredAt, first }: NewTask) {
  const { eventId, occurredAt, modelName, modelVersion, sourceId, image, tags } = content;
  const project = projectOf(content);
  return {
    $set: {
      ...findingsOf(content),
      controlOnly: isControlOnly(content.decision),
      topClass: topClassOf(content) ?? null,
    } satisfies FindingsFields,
    $setOnInsert: {
      eventId,
      occurredAt,
      modelName,
      modelVersion,
      sourceId,
      image,
      tags: Object.entries(tags).map(([name, value]) => ({ name, value })),
      ...(project === undefined ? {} : { project }),
      ...standingToFields(standing),
      offeredAt,
      duplicates: [],
      revision: 0,
      audit: [auditFields(first)],
      auditHead: { seq: first.seq, hash: first.hash },
    } satisfies Omit<TaskDocument, '_id' | keyof FindingsFields>,
  };
}

interface NewTask {
  readonly standing: TaskStanding;
  readonly offeredAt: number;
  /** Of the task's chain. */
  readonly first: AuditEntry;
}

export function auditFields({ seq, at, actor, action, ...entry }: AuditEntry): AuditFields {
  const { from, to, round, fence, detail, hash } = entry;
  return { seq, at, actor, action, from, to, round, fence, detail, hash };
}

/** Of the collection `curated.sets`: a curated set without its items; written last. */
export interface CuratedSetDocument {
  readonly _id: CuratedSetVersion;
  readonly name: string;
  readonly createdAt: number;
  readonly split: CuratedSet['split'];
  readonly classes: CuratedSet['classes'];
  readonly items: number;
}

/** Of the collection `curated.items`; one per item, for a document holds at most 16 MB. */
export interface CuratedItemDocument {
  /** `<version>:<task id>`: the items of a set lie together, in the order of the set. */
  readonly _id: string;
  readonly item: CuratedItem;
}

export function setToDocument(set: CuratedSet): CuratedSetDocument {
  const { version, name, createdAt, split, classes, items } = set;
  return { _id: version, name, createdAt, split, classes, items: items.length };
}

export function documentToSet(
  { _id, name, createdAt, split, classes }: CuratedSetDocument,
  items: readonly CuratedItem[],
): CuratedSet {
  return { version: curatedSetVersion(_id), name, createdAt, split, classes, items };
}
