import type { ClientSession, MongoClient } from 'mongodb';
import { isDuplicateKey } from './mongo-faults.js';

const upsertTries = 5;

/**
 * One transaction, that sees one moment and is with a majority when this resolves. `work` may be
 * run again, where another writer was in its way.
 */
export function transact<T>(
  client: MongoClient,
  work: (session: ClientSession) => Promise<T>,
): Promise<T> {
  // Two upserts of one key: the loser's whole transaction is run again, and finds the key.
  return upsert(() =>
    client.withSession((session) => session.withTransaction(() => work(session), terms)),
  );
}

const terms = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
} as const;

/** Runs an upsert again where it raced another one to the same key: then it is an update. */
export async function upsert<T>(write: () => Promise<T>): Promise<T> {
  for (let left = upsertTries; ; left--) {
    try {
      return await write();
    } catch (error) {
      if (!isDuplicateKey(error) || left <= 1) throw error;
    }
  }
}
