import { MongoBulkWriteError } from 'mongodb';
import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import { EdgeminerError } from '../../faults.js';
import type { EventId, TaskId } from '../../ids.js';
import { taskIdOf } from '../../queue/task-id.js';
import type { TaskContent } from '../../queue/task.js';
import { edgeminerActor, nextEntry, noEntries } from '../../queue/audit.js';
import type { QueueRules } from '../../queue/rules.js';
import { maxDuplicates, newStanding, offerTransition } from '../../queue/transitions.js';
import { upsert } from './transactions.js';
import { offerUpdate } from './documents.js';
import type { TaskDocument } from './documents.js';
import type { ClosedTrailDocument } from './mongo-eraser.js';
import { onlyId } from './task-filters.js';

export interface OfferTerms {
  readonly rules: Pick<QueueRules, 'overlapOf'>;
  readonly now: number;
}

/** Makes or refreshes the tasks; returns the ids of those that this call made. */
export async function offerTasks(
  tasks: Collection<TaskDocument>,
  contents: readonly TaskContent[],
  terms: OfferTerms,
): Promise<Set<TaskId>> {
  const created = new Set<TaskId>();
  if (contents.length === 0) return created;
  const writes = upserts(contents, terms);
  const note = (upserted: Readonly<Record<number, unknown>>) => {
    for (const index of Object.keys(upserted)) {
      const id = writes[Number(index)]?.id;
      if (id !== undefined) created.add(id);
    }
  };
  // Where two workers offer the same task at once, one upsert fails on the key: then it is known.
  await upsert(async () => {
    try {
      const result = await tasks.bulkWrite(
        writes.map(({ write }) => write),
        { ordered: false },
      );
      note(result.upsertedIds);
    } catch (error) {
      if (error instanceof MongoBulkWriteError) note(error.result.upsertedIds);
      throw error;
    }
  });
  return created;
}

interface Upsert {
  readonly id: TaskId;
  readonly write: AnyBulkWriteOperation<TaskDocument>;
}

/**
 * One write per task, for an unordered bulk may run two of the same task in any order: the event
 * as first offered, the findings as last offered.
 */
function upserts(contents: readonly TaskContent[], { rules, now }: OfferTerms): readonly Upsert[] {
  const first = new Map<TaskId, TaskContent>();
  const last = new Map<TaskId, TaskContent>();
  for (const content of contents) {
    if (!first.has(content.id)) first.set(content.id, content);
    last.set(content.id, content);
  }
  return [...last].map(([id, content]) => {
    const made = first.get(id) ?? content;
    const standing = newStanding(rules.overlapOf(made));
    const entry = nextEntry(noEntries, {
      taskId: id,
      actor: edgeminerActor,
      at: now,
      transition: offerTransition(standing),
    });
    const task = { standing, offeredAt: now, first: entry };
    const { $setOnInsert } = offerUpdate(made, task);
    const update = { $set: offerUpdate(content, task).$set, $setOnInsert };
    return { id, write: { updateOne: { filter: { _id: id }, update, upsert: true } } };
  });
}

export interface OfferCollections {
  readonly tasks: Collection<TaskDocument>;
  /** Of tasks that were erased; their events make no task again. */
  readonly closed: Collection<ClosedTrailDocument>;
}

/**
 * What follows from offers once they are written. An erasure writes the closed trail as it takes
 * the task away, so whoever made the task again after it sees the trail, and takes the task away
 * again. All that was offered is looked up, not only what this call made: an earlier try may have
 * made it and then have failed. Returns the ids of erased tasks.
 */
export async function settleTasks(
  { tasks, closed }: OfferCollections,
  contents: readonly TaskContent[],
  created: ReadonlySet<TaskId>,
): Promise<readonly TaskId[]> {
  const made = contents.filter(({ id }) => created.has(id));
  const [erased, noted] = await Promise.all([
    erasedAmong(
      closed,
      contents.map(({ id }) => id),
    ),
    areNoted(tasks, made),
  ]);
  if (erased.length > 0) await tasks.deleteMany({ _id: { $in: erased } });
  if (noted) {
    await dropNotesOf(
      tasks,
      made.filter(({ id }) => !erased.includes(id)),
    );
  }
  return erased;
}

async function erasedAmong(
  closed: Collection<ClosedTrailDocument>,
  ids: readonly TaskId[],
): Promise<TaskId[]> {
  return ids.length === 0 ? [] : closed.distinct('_id', { _id: { $in: [...ids] } });
}

/**
 * Notes near-duplicates, each once; of an erased task, none. Throws `task.not-found` where the
 * original is unknown.
 */
export async function noteDuplicates(
  { tasks, closed }: OfferCollections,
  duplicates: readonly { readonly of: TaskId; readonly eventId: EventId }[],
): Promise<void> {
  if (duplicates.length === 0) return;
  const { matchedCount } = await tasks.bulkWrite(
    duplicates.map(({ of, eventId }) => ({
      updateOne: {
        filter: { _id: of, [`duplicates.${maxDuplicates - 1}`]: { $exists: false } },
        update: { $addToSet: { duplicates: eventId } },
      },
    })),
    { ordered: false },
  );
  for (const { of, eventId } of duplicates) await keepOneNote(tasks, of, eventId);
  if (matchedCount === duplicates.length) return;
  // A full list matches nothing either.
  const originals = [...new Set(duplicates.map(({ of }) => of))];
  const known = await tasks.distinct('_id', { _id: { $in: originals } });
  const missing = originals.filter((id) => !known.includes(id));
  const erased = await erasedAmong(closed, missing);
  const unknown = missing.find((id) => !erased.includes(id));
  if (unknown === undefined) return;
  throw new EdgeminerError('task.not-found', `a near-duplicate names the unknown task ${unknown}`, {
    field: 'of',
    mend: 'Name a task that recentFingerprints gave.',
  });
}

/**
 * While a partition changes hands two workers may have the same event, and come to different ends
 * with it: near-duplicates of different tasks, or a near-duplicate and a task. Each writes and then
 * looks, so the later one sees both. The note on the lowest id stays, and none of a task.
 */
async function keepOneNote(
  tasks: Collection<TaskDocument>,
  of: TaskId,
  eventId: EventId,
): Promise<void> {
  const original = await tasks.findOne({ _id: of }, { projection: { modelName: 1, sourceId: 1 } });
  if (original === null) return;
  const { modelName, sourceId } = original;
  const [task, noted] = await Promise.all([
    tasks.findOne({ _id: taskIdOf(sourceId, eventId) }, onlyId),
    notesOf(tasks, { modelName, sourceId, eventId }),
  ]);
  await takeNotes(tasks, task === null ? noted.slice(1) : noted, eventId);
}

/** One look for all of them: hardly ever is there a note. */
async function areNoted(
  tasks: Collection<TaskDocument>,
  contents: readonly TaskContent[],
): Promise<boolean> {
  if (contents.length === 0) return false;
  const eventIds = contents.map(({ eventId }) => eventId);
  return (await tasks.findOne({ duplicates: { $in: eventIds } }, onlyId)) !== null;
}

/** The other way round: of tasks that were just made. */
async function dropNotesOf(
  tasks: Collection<TaskDocument>,
  contents: readonly TaskContent[],
): Promise<void> {
  for (const content of contents) {
    await takeNotes(tasks, await notesOf(tasks, content), content.eventId);
  }
}

async function notesOf(
  tasks: Collection<TaskDocument>,
  { modelName, sourceId, eventId }: Pick<TaskContent, 'modelName' | 'sourceId' | 'eventId'>,
): Promise<TaskId[]> {
  const found = tasks.find({ modelName, sourceId, duplicates: eventId }, onlyId).sort({ _id: 1 });
  return (await found.toArray()).map(({ _id }) => _id);
}

async function takeNotes(
  tasks: Collection<TaskDocument>,
  from: readonly TaskId[],
  eventId: EventId,
): Promise<void> {
  if (from.length === 0) return;
  await tasks.updateMany({ _id: { $in: [...from] } }, { $pull: { duplicates: eventId } });
}
