import type { CuratedSetStore } from '../../curate/curated-set-store.js';
import type { RelabelQueue, TaskReader } from '../../queue/relabel-queue.js';
import { sqliteCuratedSets } from './sqlite-curated-sets.js';
import { openSqliteDatabase } from './sqlite-database.js';
import { sqliteQueue } from './sqlite-queue.js';

export interface SqliteStore {
  readonly queue: RelabelQueue & TaskReader;
  readonly curatedSets: CuratedSetStore;
  /** Rejects with `store.unavailable` while the file can't be read. */
  ping(): Promise<void>;
  /** Closes the file for both of the above; idempotent. */
  close(): Promise<void>;
}

/**
 * The embedded store: one SQLite file, which several processes (worker, server, command line)
 * may have open at once, on a local disk.
 * @throws EdgeminerError `store.invalid`, `store.unavailable`; see sqlite-database.ts
 */
export async function openSqliteStore(options: { readonly file: string }): Promise<SqliteStore> {
  const database = await openSqliteDatabase(options.file);
  return {
    queue: sqliteQueue(database),
    curatedSets: sqliteCuratedSets(database),
    ping: async () => {
      await database.read('SELECT count(*) FROM sqlite_schema');
    },
    close: () => database.close(),
  };
}
