import type { Collection, Db } from 'mongodb';
import { taskId } from '../../ids.js';
import type { BatchId, TaskId } from '../../ids.js';
import type { GoldTask, GoldTrial } from '../../queue/gold.js';
import type { GoldStore } from '../../queue/gold-store.js';
import { guarded } from './content-addressed-bucket.js';
import { upsert } from './transactions.js';
import { fieldsToStanding, standingToFields } from './documents.js';
import type { StoredStanding } from './documents.js';
import { isDuplicateKey } from './mongo-faults.js';

/** Of the collection `gold.tasks`. */
interface GoldDocument extends Omit<GoldTask, 'task' | 'retiredAt'> {
  readonly _id: TaskId;
  readonly retiredAt: number | null;
}

/** Of the collection `gold.trials`. */
interface TrialDocument extends Pick<GoldTrial, 'gold' | 'annotator' | 'revision'> {
  readonly _id: TaskId;
  readonly batchId: BatchId | null;
  readonly standing: StoredStanding;
  readonly marks?: GoldTrial['marks'];
}

/** Of the collection `secrets`. */
interface SecretDocument {
  readonly _id: 'gold';
  readonly value: string;
}

export interface GoldCollections {
  readonly golds: Collection<GoldDocument>;
  readonly trials: Collection<TrialDocument>;
  readonly secrets: Collection<SecretDocument>;
}

/** Of `gold.trials`. */
export const trialIndexes = [
  { name: 'annotator', key: { annotator: 1, _id: 1 } },
  { name: 'batch', key: { batchId: 1, _id: 1 } },
] as const;

/** The collections of gold tasks, with their indexes. Throws `store.unavailable`. */
export async function openGold(db: Db): Promise<GoldCollections> {
  const trials = db.collection<TrialDocument>('gold.trials');
  await guarded(() => trials.createIndexes([...trialIndexes]));
  return { trials, golds: db.collection('gold.tasks'), secrets: db.collection('secrets') };
}

/** Gold tasks and their trials, one document each. The connection is its opener's. */
export function mongoGold({ golds, trials, secrets }: GoldCollections): GoldStore {
  return {
    secret: (made) =>
      guarded(async () => {
        await upsert(() =>
          secrets.updateOne({ _id: 'gold' }, { $setOnInsert: { value: made } }, { upsert: true }),
        );
        const found = await secrets.findOne({ _id: 'gold' });
        if (found === null) throw new Error('an upsert left no document');
        return found.value;
      }),

    add: ({ task, retiredAt: _, ...rest }) =>
      guarded(async () => {
        const made = await upsert(() =>
          golds.updateOne(
            { _id: task },
            { $setOnInsert: { ...rest, retiredAt: null } },
            { upsert: true },
          ),
        );
        if (made.upsertedCount === 1) return 'added';
        const again = await golds.updateOne(
          { _id: task, retiredAt: { $ne: null } },
          { $set: { ...rest, retiredAt: null } },
        );
        return again.modifiedCount === 1 ? 'added' : 'in-use';
      }),

    retire: (task, now) =>
      guarded(async () => {
        const { modifiedCount } = await golds.updateOne(
          { _id: task, retiredAt: null },
          { $set: { retiredAt: now } },
        );
        if (modifiedCount === 1) return 'retired';
        return (await golds.findOne({ _id: task })) === null ? 'unknown' : 'unchanged';
      }),

    golds: () =>
      guarded(async () => (await golds.find().sort({ _id: 1 }).toArray()).map(documentToGold)),

    find: (id) =>
      guarded(async () => {
        const found = await trials.findOne({ _id: id });
        return found === null ? undefined : documentToTrial(found);
      }),

    trials: ({ annotator, batchId }) =>
      guarded(async () => {
        const wanted = {
          ...(annotator === undefined ? {} : { annotator }),
          ...(batchId === undefined ? {} : { batchId }),
        };
        return (await trials.find(wanted).sort({ _id: 1 }).toArray()).map(documentToTrial);
      }),

    save: (trial) => guarded(() => saveTrial(trials, trial)),
  };
}

export async function saveTrial(
  trials: Collection<TrialDocument>,
  { id, gold, annotator, standing, marks, revision }: GoldTrial,
): Promise<boolean> {
  const fields = {
    gold,
    annotator,
    batchId: standing.lease?.batchId ?? null,
    standing: standingToFields(standing),
    ...(marks === undefined ? {} : { marks }),
    revision: revision + 1,
  };
  if (revision > 0) {
    return (await trials.replaceOne({ _id: id, revision }, fields)).modifiedCount === 1;
  }
  try {
    await trials.insertOne({ _id: id, ...fields });
    return true;
  } catch (error) {
    if (isDuplicateKey(error)) return false;
    throw error;
  }
}

export function documentToTrial(document: TrialDocument): GoldTrial {
  const { _id, gold, annotator, standing, marks, revision } = document;
  return {
    id: taskId(_id),
    gold,
    annotator,
    standing: fieldsToStanding(standing),
    marks,
    revision,
  };
}

export function documentToGold({ _id, retiredAt, ...rest }: GoldDocument): GoldTask {
  const { topClass, project } = rest.facts;
  return {
    ...rest,
    facts: { ...rest.facts, topClass, project },
    task: taskId(_id),
    retiredAt: retiredAt ?? undefined,
  };
}
