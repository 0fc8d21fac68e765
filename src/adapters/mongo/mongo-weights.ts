import type { Collection, Db } from 'mongodb';
import { renamedWeights } from '../../queue/rename-person.js';
import type { Renaming } from '../../queue/rename-person.js';
import type { WeightStore } from '../../queue/weight-store.js';
import { plainSkills, skillsOf } from '../../queue/weights.js';
import type { PlainSkills, Weights } from '../../queue/weights.js';
import { guarded } from './content-addressed-bucket.js';
import { upsert } from './transactions.js';

/** Of the collection `annotator.weights`. */
export interface WeightsDocument extends Omit<Weights, 'labelSet' | 'skills'> {
  /** The label set. */
  readonly _id: string;
  readonly skills: PlainSkills;
}

export type WeightsCollection = Collection<WeightsDocument>;

export function openWeights(db: Db): WeightsCollection {
  return db.collection<WeightsDocument>('annotator.weights');
}

/** What annotators are worth, one document per label set. The connection is its opener's. */
export function mongoWeights(collection: WeightsCollection): WeightStore {
  return {
    publish: (weights) => guarded(() => put(collection, weights)),

    latest: () =>
      guarded(async () =>
        (await collection.find().sort({ _id: 1 }).toArray()).map(documentToWeights),
      ),
  };
}

export function namedInWeights({ from }: Renaming) {
  return { $or: [{ madeBy: from }, { 'skills.confusions.annotator': from }] };
}

/** Gives a person another name in them. */
export async function renameInWeights(
  renaming: Renaming,
  collection: WeightsCollection,
): Promise<void> {
  for (const document of await collection.find(namedInWeights(renaming)).toArray()) {
    await put(collection, renamedWeights(documentToWeights(document), renaming));
  }
}

async function put(
  collection: WeightsCollection,
  { labelSet, skills, ...rest }: Weights,
): Promise<void> {
  const fields = { ...rest, skills: plainSkills(skills) };
  await upsert(() => collection.replaceOne({ _id: labelSet }, fields, { upsert: true }));
}

function documentToWeights({ _id, skills, ...rest }: WeightsDocument): Weights {
  return { ...rest, labelSet: _id, skills: skillsOf(skills) };
}
