import { MongoError } from 'mongodb';
import { EdgeminerError } from '../../faults.js';

/** Code of the server for a second document under a unique key. */
const duplicateKey = 11_000;

/** Codes of the server for what only members of a replica set do: sessions, snapshots. */
const replicaSetOnly: ReadonlySet<unknown> = new Set([20, 123, 246]);

/**
 * What an error of the driver is to the callers of a store: `store.unavailable`, which they
 * retry, but for a server that can never do what is asked of it (`config.invalid`). An error that isn't the driver's is a bug or has a code of its own: it is thrown on.
 */
export function storeFault(error: unknown): EdgeminerError {
  if (!(error instanceof MongoError)) throw error;
  if (replicaSetOnly.has(error.code) && /replica set/iu.test(error.message)) {
    return new EdgeminerError('config.invalid', 'the MongoDB server is not in a replica set', {
      cause: error,
      field: 'store.uri',
      mend: 'Start mongod with --replSet and call rs.initiate() once; one member is enough.',
    });
  }
  return new EdgeminerError('store.unavailable', `MongoDB does not answer: ${error.message}`, {
    cause: error,
    mend: 'Check that MongoDB runs, has a primary, and that MONGODB_URI and its user are right.',
  });
}

/** True where two writers inserted the same key at once; the write may be repeated. */
export function isDuplicateKey(error: unknown): boolean {
  return error instanceof MongoError && error.code === duplicateKey;
}
