import { renamedGold, renamedRecord, renamedTrial } from '../../queue/rename-person.js';
import type { Renaming } from '../../queue/rename-person.js';
import { documentToRecord, recordToDocument } from './mongo-annotators.js';
import type { AnnotatorCollection } from './mongo-annotators.js';
import { documentToGold } from './mongo-gold.js';
import type { GoldCollections } from './mongo-gold.js';
import { documentToTrial, saveTrial } from './mongo-gold-trials.js';
import { namedInWeights, renameInWeights } from './mongo-weights.js';
import type { WeightsCollection } from './mongo-weights.js';

export interface NamedCollections extends GoldCollections {
  readonly annotators: AnnotatorCollection;
  readonly weights: WeightsCollection;
}

/** Whether the name stands anywhere in gold tasks, trials and records. */
export async function isNamedAtGold(
  name: Renaming['from'],
  { golds, trials, annotators, weights }: NamedCollections,
): Promise<boolean> {
  const found = [
    await trials.findOne({ annotator: name }),
    await golds.findOne({ $or: [{ addedBy: name }, { seenBy: name }] }),
    await annotators.findOne({ $or: [{ _id: name }, { 'pauses.resumed.by': name }] }),
    await weights.findOne(namedInWeights({ from: name, to: name })),
  ];
  return found.some((one) => one !== null);
}

/** Gives a person another name there. What was done of a call that broke off is not done again. */
export async function renameAtGold(
  renaming: Renaming,
  { golds, trials, annotators, weights }: NamedCollections,
): Promise<void> {
  await renameInWeights(renaming, weights);
  const { from } = renaming;
  for (const document of await trials.find({ annotator: from }).toArray()) {
    // Who is overtaken by an answer is renamed the next time round.
    for (let trial = documentToTrial(document); trial.annotator === from;) {
      if (await saveTrial(trials, renamedTrial(trial, renaming))) break;
      const again = await trials.findOne({ _id: document._id });
      if (again === null) break;
      trial = documentToTrial(again);
    }
  }
  const named = { $or: [{ addedBy: from }, { seenBy: from }] };
  for (const document of await golds.find(named).toArray()) {
    const { addedBy, seenBy } = renamedGold(documentToGold(document), renaming);
    await golds.updateOne({ _id: document._id }, { $set: { addedBy, seenBy } });
  }
  const known = { $or: [{ _id: from }, { 'pauses.resumed.by': from }] };
  for (const document of await annotators.find(known).toArray()) {
    const { _id, ...fields } = recordToDocument(
      renamedRecord(documentToRecord(document), renaming),
    );
    await annotators.replaceOne({ _id }, fields, { upsert: true });
    if (_id !== document._id) await annotators.deleteOne({ _id: document._id });
  }
}
