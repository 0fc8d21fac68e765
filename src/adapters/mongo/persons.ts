import { randomUUID } from 'node:crypto';
import type { Collection } from 'mongodb';
import { actorKey } from '../../ids.js';
import type { ActorKey, AnnotatorId } from '../../ids.js';
import { upsert } from './transactions.js';

/** Of the collection `persons`: who the actors of the audit trail are. */
export interface PersonDocument {
  readonly _id: ActorKey;
  readonly name: AnnotatorId;
  /** Replaces the name everywhere; there while that goes on. */
  readonly pseudonym?: AnnotatorId;
  /** Gold tasks that they have failed: the order of what others are told of it. */
  readonly goldFailures?: number;
}

export const personIndexes = [{ name: 'name', key: { name: 1 }, unique: true }] as const;

/**
 * The person's key; made, at random, for a name that has none. Asked for anew with each change,
 * for another process may have given the name up.
 */
export async function keyOf(
  persons: Collection<PersonDocument>,
  name: AnnotatorId,
): Promise<ActorKey> {
  const known = await persons.findOne({ name });
  if (known !== null) return known._id;
  // Of two processes that make it at once, one fails on the name, and finds the other's.
  await upsert(() =>
    persons.updateOne(
      { name },
      { $setOnInsert: { _id: actorKey(randomUUID()) } },
      { upsert: true },
    ),
  );
  const made = await persons.findOne({ name });
  // Given up between the two steps: then it is a new person's.
  return made === null ? keyOf(persons, name) : made._id;
}
