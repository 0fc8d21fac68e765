import type { Collection, MongoClient } from 'mongodb';
import type { ActorKey } from '../../ids.js';
import type { Subscribers } from '../../notice/notice.js';
import { failureNotice } from '../../queue/gold-failure.js';
import type { GoldFailure } from '../../queue/gold-failure.js';
import type { GoldTrial } from '../../queue/gold.js';
import { documentToRecord, newPause } from './mongo-annotators.js';
import type { AnnotatorCollection } from './mongo-annotators.js';
import { documentToTrial, saveTrial } from './mongo-gold-trials.js';
import type { TrialDocument } from './mongo-gold-trials.js';
import { announce } from './mongo-outbox.js';
import type { MessageDocument } from './mongo-outbox.js';
import { keyOf } from './persons.js';
import type { PersonDocument } from './persons.js';
import { transact } from './transactions.js';

/** All that is written where an annotator fails a gold task. */
export interface FailureParts {
  readonly client: MongoClient;
  readonly trials: Collection<TrialDocument>;
  readonly annotators: AnnotatorCollection;
  readonly persons: Collection<PersonDocument>;
  readonly messages: Collection<MessageDocument>;
  readonly subscribers: Subscribers;
}

/** Stores a wrong answer with what follows from it; false where somebody else was first. */
export async function saveFailure(
  parts: FailureParts,
  trial: GoldTrial,
  failure: GoldFailure,
): Promise<boolean> {
  for (;;) {
    const key = await keyOf(parts.persons, trial.annotator);
    const saved = await saveAs(key, parts, trial, failure);
    // A transaction sees what a majority has: not yet the person that another process has only
    // just made, nor one that was given up since.
    if (saved !== 'nobody') return saved;
  }
}

function saveAs(
  key: ActorKey,
  { client, trials, annotators, persons, messages, subscribers }: FailureParts,
  trial: GoldTrial,
  { at, pauseFor }: GoldFailure,
): Promise<boolean | 'nobody'> {
  const { annotator } = trial;
  return transact(client, async (session) => {
    // First, so that two failures of one person at once meet here, and the later of them sees
    // what the other did.
    const person = await persons.findOneAndUpdate(
      { _id: key },
      { $inc: { goldFailures: 1 } },
      { returnDocument: 'after', session },
    );
    if (person === null) {
      await session.abortTransaction();
      return 'nobody';
    }
    if (!(await saveTrial(trials, trial, session))) {
      await session.abortTransaction();
      return false;
    }
    const found = await trials.find({ annotator }, { session }).toArray();
    const known = await annotators.findOne({ _id: annotator }, { session });
    const record = known === null ? undefined : documentToRecord(known);
    const pause = pauseFor(found.map(documentToTrial), record);
    if (pause !== undefined) {
      const update = { $push: { pauses: newPause(pause) }, $setOnInsert: { turns: 0 } };
      await annotators.updateOne({ _id: annotator }, update, { upsert: true, session });
    }
    const told = { sequence: person.goldFailures ?? 1, paused: pause !== undefined };
    const terms = { subscribers, at, session };
    await announce(messages, failureNotice(trial, key, told), terms);
    return true;
  });
}
