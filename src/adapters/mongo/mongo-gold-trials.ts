import type { ClientSession, Collection } from 'mongodb';
import { taskId } from '../../ids.js';
import type { BatchId, TaskId } from '../../ids.js';
import type { GoldTrial } from '../../queue/gold.js';
import { fieldsToStanding, standingToFields } from './documents.js';
import type { StoredStanding } from './documents.js';
import { isDuplicateKey } from './mongo-faults.js';

/** Of the collection `gold.trials`. */
export interface TrialDocument extends Pick<GoldTrial, 'gold' | 'annotator' | 'revision'> {
  readonly _id: TaskId;
  readonly batchId: BatchId | null;
  readonly standing: StoredStanding;
  readonly marks?: GoldTrial['marks'];
}

/** Of `gold.trials`. */
export const trialIndexes = [
  { name: 'annotator', key: { annotator: 1, _id: 1 } },
  { name: 'batch', key: { batchId: 1, _id: 1 } },
  { name: 'gold', key: { gold: 1 } },
] as const;

/** False where the stored revision is another one; the transaction is of no more use then. */
export async function saveTrial(
  trials: Collection<TrialDocument>,
  { id, gold, annotator, standing, marks, revision }: GoldTrial,
  session?: ClientSession,
): Promise<boolean> {
  const within = session === undefined ? {} : { session };
  const fields = {
    gold,
    annotator,
    batchId: standing.lease?.batchId ?? null,
    standing: standingToFields(standing),
    ...(marks === undefined ? {} : { marks }),
    revision: revision + 1,
  };
  if (revision > 0) {
    return (await trials.replaceOne({ _id: id, revision }, fields, within)).modifiedCount === 1;
  }
  try {
    await trials.insertOne({ _id: id, ...fields }, within);
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
