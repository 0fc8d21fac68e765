import type { Collection, Db } from 'mongodb';
import { annotatorId } from '../../ids.js';
import type { AnnotatorId, TaskId } from '../../ids.js';
import { presentPause } from '../../queue/annotator-records.js';
import type {
  AnnotatorRecord,
  AnnotatorRecords,
  Pause,
  Resumption,
} from '../../queue/annotator-records.js';
import { guarded } from './content-addressed-bucket.js';
import { upsert } from './transactions.js';

/** Of the collection `annotators`. */
export interface AnnotatorDocument {
  readonly _id: AnnotatorId;
  readonly turns?: number;
  readonly pauses?: readonly PauseFields[];
}

interface PauseFields extends Pick<Pause, 'at' | 'reason'> {
  readonly lastGood: number | null;
  readonly reopened: readonly TaskId[] | null;
  readonly resumed: Resumption | null;
}

export type AnnotatorCollection = Collection<AnnotatorDocument>;

export function openAnnotators(db: Db): AnnotatorCollection {
  return db.collection<AnnotatorDocument>('annotators');
}

/** Records of annotators, one document each. The connection is its opener's. */
export function mongoAnnotators(annotators: AnnotatorCollection): AnnotatorRecords {
  const find = async (annotator: AnnotatorId) => {
    const found = await annotators.findOne({ _id: annotator });
    return found === null ? undefined : documentToRecord(found);
  };
  const isPaused = { pauses: { $elemMatch: { resumed: null } } };

  return {
    countTurns: (annotator, tasks) =>
      guarded(async () => {
        const before = await upsert(() =>
          annotators.findOneAndUpdate(
            { _id: annotator },
            { $inc: { turns: tasks } },
            { upsert: true, returnDocument: 'before' },
          ),
        );
        return Math.max(0, before?.turns ?? 0);
      }),

    find: (annotator) => guarded(() => find(annotator)),

    list: () =>
      guarded(async () =>
        (await annotators.find().sort({ _id: 1 }).toArray()).map(documentToRecord),
      ),

    pause: (annotator, { at, reason, lastGood }) =>
      guarded(async () => {
        await upsert(() =>
          annotators.updateOne(
            { _id: annotator },
            { $setOnInsert: { turns: 0 } },
            { upsert: true },
          ),
        );
        await annotators.updateOne(
          { _id: annotator, $nor: [isPaused] },
          { $push: { pauses: newPause({ at, reason, lastGood }) } },
        );
        const record = await find(annotator);
        if (record === undefined) throw new Error('an upsert left no document');
        return record;
      }),

    noteReopened: (annotator, at, tasks) =>
      guarded(async () => {
        await annotators.updateOne(
          { _id: annotator, pauses: { $elemMatch: { at, reopened: null } } },
          { $set: { 'pauses.$.reopened': [...tasks] } },
        );
      }),

    resume: (annotator, resumption) =>
      guarded(async () => {
        const record = await find(annotator);
        if (presentPause(record) === undefined) return 'not-paused';
        const { modifiedCount } = await annotators.updateOne(
          { _id: annotator, ...isPaused },
          { $set: { 'pauses.$.resumed': resumption } },
        );
        return modifiedCount === 1 ? 'resumed' : 'not-paused';
      }),
  };
}

/** A pause as it is stored when it begins. */
export function newPause({
  at,
  reason,
  lastGood,
}: Pick<Pause, 'at' | 'reason' | 'lastGood'>): PauseFields {
  return { at, reason, lastGood: lastGood ?? null, reopened: null, resumed: null };
}

export function documentToRecord({ _id, turns, pauses }: AnnotatorDocument): AnnotatorRecord {
  return {
    annotator: annotatorId(_id),
    turns: Math.max(0, turns ?? 0),
    pauses: (pauses ?? []).map(({ at, reason, lastGood, reopened, resumed }) => ({
      at,
      reason,
      lastGood: lastGood ?? undefined,
      reopened: reopened ?? undefined,
      resumed: resumed ?? undefined,
    })),
  };
}

export function recordToDocument({ annotator, turns, pauses }: AnnotatorRecord): AnnotatorDocument {
  return {
    _id: annotator,
    turns,
    pauses: pauses.map(({ at, reason, lastGood, reopened, resumed }) => ({
      at,
      reason,
      lastGood: lastGood ?? null,
      reopened: reopened ?? null,
      resumed: resumed ?? null,
    })),
  };
}
