import { LibsqlError } from '@libsql/client';
import { EdgeminerError, isEdgeminerError, messageOf } from '../../faults.js';

/** Codes of SQLite that go away by themselves once another process is done. */
const busyCodes: ReadonlySet<string> = new Set(['SQLITE_BUSY', 'SQLITE_LOCKED']);

/** Codes that say that the file is not one that this process can ever use. */
const unusable: ReadonlyMap<string, string> = new Map([
  ['SQLITE_NOTADB', 'is not a SQLite database'],
  ['SQLITE_CORRUPT', 'is damaged'],
  ['SQLITE_READONLY', 'may not be written'],
  ['SQLITE_PERM', 'may not be opened'],
  ['SQLITE_AUTH', 'may not be opened'],
  ['SQLITE_CANTOPEN', "can't be opened"],
]);

export function isBusy(error: unknown): boolean {
  return error instanceof LibsqlError && busyCodes.has(error.code);
}

/**
 * What an error of SQLite is to the callers of a store: `store.invalid` where a person has to
 * mend the file, else `store.unavailable`, which they retry. What did not come from SQLite is a
 * bug or has a code of its own: it is thrown on.
 */
export function sqliteFault(error: unknown, file: string): EdgeminerError {
  if (isEdgeminerError(error)) return error;
  if (!(error instanceof LibsqlError)) throw error;
  const what = unusable.get(error.code);
  if (what !== undefined) return unusableFile(file, what, error);
  const why = isBusy(error) ? 'is held by another process' : `can't be used: ${messageOf(error)}`;
  return new EdgeminerError('store.unavailable', `${file} ${why}`, {
    cause: error,
    field: 'store.file',
    mend: 'Check that its disk is mounted and has space, and that no other program holds the file.',
  });
}

export function unusableFile(file: string, what: string, cause?: unknown): EdgeminerError {
  return new EdgeminerError('store.invalid', `${file} ${what}`, {
    cause,
    field: 'store.file',
    mend: 'Point store.file at a file that edgeminer made and may write, or at a new one, or restore it from a backup.',
  });
}
