import type { CuratedItem, CuratedSet } from '../../curate/curated-set.js';
import { curatedSetVersion, taskId } from '../../ids.js';
import type { CuratedSetVersion, TaskId } from '../../ids.js';
import type { Task, TaskContent } from '../../queue/task.js';
import { findingsOf, isControlOnly, newStanding } from '../../queue/transitions.js';
import type { TaskFindings, TaskStanding } from '../../queue/transitions.js';

/**
 * Between the domain and MongoDB's documents. BSON keeps NaN and infinities as they are. The
 * client is set to leave out what is undefined.
 */

/** Of the collection `tasks`. */
export interface TaskDocument extends StandingFields, FindingsFields {
  readonly _id: TaskId;
  readonly eventId: Task['eventId'];
  readonly occurredAt: number;
  readonly modelName: Task['modelName'];
  readonly modelVersion: Task['modelVersion'];
  readonly sourceId: Task['sourceId'];
  readonly image: Task['image'];
  /** A list, because a tag's name may hold `.` and `$`, which field names should not. */
  readonly tags: readonly { readonly name: string; readonly value: string }[];
  readonly offeredAt: number;
  readonly duplicates: Task['duplicates'];
  /** Raised by every change of the standing; claims and completions compare and swap on it. */
  readonly revision: number;
}

/** `null` where the domain has undefined, so that `$set` writes the whole standing. */
export interface StandingFields {
  readonly state: Task['state'];
  readonly fence: number;
  readonly lease: Task['lease'] | null;
  readonly label: Task['label'] | null;
  readonly skip: Task['skip'] | null;
}

/** What every offer sets. */
interface FindingsFields extends TaskFindings {
  /** For the index of fingerprints; see `isControlOnly`. */
  readonly controlOnly: boolean;
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

export function fieldsToStanding({ state, fence, lease, label, skip }: StandingFields) {
  return {
    state,
    fence,
    lease: lease ?? undefined,
    label: label ?? undefined,
    skip: skip ?? undefined,
  } satisfies TaskStanding;
}

export function standingToFields({ state, fence, lease, label, skip }: TaskStanding) {
  return {
    state,
    fence,
    lease: lease ?? null,
    label: label ?? null,
    skip: skip ?? null,
  } satisfies StandingFields;
}

/** `offerTask` of transitions.ts as one upsert: a known task gets `$set` only. */
export function offerUpdate(content: TaskContent, now: number) {
  const { eventId, occurredAt, modelName, modelVersion, sourceId, image, tags } = content;
  return {
    $set: {
      ...findingsOf(content),
      controlOnly: isControlOnly(content.decision),
    } satisfies FindingsFields,
    $setOnInsert: {
      eventId,
      occurredAt,
      modelName,
      modelVersion,
      sourceId,
      image,
      tags: Object.entries(tags).map(([name, value]) => ({ name, value })),
      ...standingToFields(newStanding),
      offeredAt: now,
      duplicates: [],
      revision: 0,
    } satisfies Omit<TaskDocument, '_id' | keyof FindingsFields>,
  };
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
