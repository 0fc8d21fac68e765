import type { Collection, Db } from 'mongodb';
import { taskId } from '../../ids.js';
import type { TaskId } from '../../ids.js';
import type { GoldTask } from '../../queue/gold.js';
import type { GoldStore } from '../../queue/gold-store.js';
import { guarded } from './content-addressed-bucket.js';
import { upsert } from './transactions.js';
import { saveFailure } from './mongo-gold-failures.js';
import type { FailureParts } from './mongo-gold-failures.js';
import { documentToTrial, saveTrial, trialIndexes } from './mongo-gold-trials.js';
import type { TrialDocument } from './mongo-gold-trials.js';

/** Of the collection `gold.tasks`. */
interface GoldDocument extends Omit<GoldTask, 'task' | 'retiredAt'> {
  readonly _id: TaskId;
  readonly retiredAt: number | null;
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

/** The collections of gold tasks, with their indexes. Throws `store.unavailable`. */
export async function openGold(db: Db): Promise<GoldCollections> {
  const trials = db.collection<TrialDocument>('gold.trials');
  await guarded(() => trials.createIndexes([...trialIndexes]));
  return { trials, golds: db.collection('gold.tasks'), secrets: db.collection('secrets') };
}

export interface GoldParts extends GoldCollections, Omit<FailureParts, 'trials'> {}

/** Gold tasks and their trials, one document each. The connection is its opener's. */
export function mongoGold(parts: GoldParts): GoldStore {
  const { golds, trials, secrets } = parts;
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

    save: (trial, failure) =>
      guarded(() =>
        failure === undefined ? saveTrial(trials, trial) : saveFailure(parts, trial, failure),
      ),
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
