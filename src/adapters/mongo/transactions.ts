import type { ClientSession, MongoClient } from 'mongodb';
import { upsert } from './content-addressed-bucket.js';

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
