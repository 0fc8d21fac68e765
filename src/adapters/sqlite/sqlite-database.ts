import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import type { Client, InStatement, ResultSet, Row, Transaction } from '@libsql/client';
import pLimit from 'p-limit';
import pRetry from 'p-retry';
import { messageOf } from '../../faults.js';
import { migrate } from './schema.js';
import { isBusy, sqliteFault, unusableFile } from './sqlite-faults.js';

/**
 * One SQLite file, which several processes may have open at once. Its methods wait for one
 * another's locks and throw `store.unavailable` when that takes too long.
 */
export interface SqliteDatabase {
  read(statement: InStatement): Promise<readonly Row[]>;
  /** Reads that see one and the same state. */
  readTogether(statements: InStatement[]): Promise<readonly ResultSet[]>;
  /** One transaction; it is durable when this resolves. */
  write(statements: InStatement[]): Promise<readonly ResultSet[]>;
  /**
   * One transaction that reads before it writes, alone from its beginning; it is durable when
   * this resolves. `work` may be run again, and awaits nothing but its transaction.
   */
  transact<T>(work: (transaction: SqliteTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export type SqliteTransaction = Pick<Transaction, 'execute' | 'batch'>;

/**
 * How long SQLite itself waits for a lock, in milliseconds. The client runs on the event loop
 * and stops it meanwhile, so this is short, and longer waits are `retries`.
 */
const busyTimeout = 50;
const retries = { retries: 40, factor: 1.3, minTimeout: 10, maxTimeout: 250, randomize: true };

/**
 * Opens the file, makes it and the folders above it where they are missing, and brings its
 * tables up to date.
 * @throws EdgeminerError `store.invalid` for a file that is not edgeminer's, is damaged, is of a
 * newer version or may not be written; `store.unavailable` while another process holds it.
 */
export async function openSqliteDatabase(file: string): Promise<SqliteDatabase> {
  const path = resolve(file);
  const client = await connect(path);
  const oneByOne = pLimit(1);
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      // A statement that was refused stays open in the client until it is collected, and no
      // transaction of its connection can be committed until then.
      if (isBusy(error)) await reconnect(client);
      throw error;
    }
  };
  const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await pRetry(() => oneByOne(() => attempt(work)), {
        ...retries,
        shouldRetry: ({ error }) => isBusy(error),
      });
    } catch (error) {
      throw sqliteFault(error, path);
    }
  };
  try {
    await patiently(() => setUp(client, path));
  } catch (error) {
    client.close();
    throw error;
  }
  return {
    read: async (statement) => (await patiently(() => client.execute(statement))).rows,
    readTogether: (statements) => patiently(() => client.batch(statements, 'deferred')),
    write: (statements) => patiently(() => client.batch(statements, 'write')),
    transact: (work) =>
      patiently(async () => {
        const transaction = await client.transaction('write');
        try {
          const result = await work(transaction);
          await transaction.commit();
          return result;
        } finally {
          transaction.close();
        }
      }),
    close: () => oneByOne(() => closeTidily(client)),
  };
}

async function connect(path: string): Promise<Client> {
  try {
    await mkdir(dirname(path), { recursive: true });
    // One connection, whose calls `oneByOne` keeps apart, so that the settings hold for all.
    const url = pathToFileURL(path).href;
    return createClient({ url, timeout: busyTimeout, concurrency: 1, intMode: 'number' });
  } catch (error) {
    throw unusableFile(path, `can't be opened: ${messageOf(error)}`, error);
  }
}

async function setUp(client: Client, path: string): Promise<void> {
  const journal = await client.execute('PRAGMA journal_mode = WAL');
  if (journal.rows[0]?.['journal_mode'] !== 'wal') {
    throw unusableFile(path, "lies on a disk that can't be shared between processes");
  }
  await keepDurable(client);
  await migrate(client, path);
}

/** What a method has acknowledged outlasts a power cut. Holds for the connection. */
async function keepDurable(client: Client): Promise<void> {
  await client.execute('PRAGMA synchronous = FULL');
}

async function reconnect(client: Client): Promise<void> {
  client.reconnect();
  await keepDurable(client);
}

/** Leaves everything in the file itself, so that it can be copied without its neighbours. */
async function closeTidily(client: Client): Promise<void> {
  if (client.closed) return;
  try {
    await client.execute('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // Another process is busy with the file, and will do the same when it closes.
  }
  client.close();
}
