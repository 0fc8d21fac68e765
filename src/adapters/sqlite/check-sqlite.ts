import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@libsql/client';
import type { Client } from '@libsql/client';
import { failed, ok, skipped, warning } from '../../telemetry/checkup.js';
import type { Check, Finding } from '../../telemetry/checkup.js';
import { textIn } from './columns.js';
import { newestVersion, versionOf } from './schema.js';
import { isBusy, sqliteFault } from './sqlite-faults.js';

/** Bytes; below it the next images and tasks may not fit. */
const leastFree = 1e9;

/**
 * The file's integrity, the version of its tables, whether it can be written, and its disk.
 * Changes nothing, and makes no file. It stops the event loop while the file is read.
 */
export function sqliteCheck(file: string): Check {
  const path = resolve(file);
  return {
    name: 'store',
    deadlineMs: 120_000,
    async run() {
      const size = await stat(path).then(
        ({ size: bytes }) => bytes,
        () => undefined,
      );
      if (size === undefined) return [await futureFile(path), await diskFinding(path)];
      const client = createClient({ url: pathToFileURL(path).href, timeout: 1000 });
      try {
        return [await checkFile(client, path, size), await diskFinding(path)];
      } catch (error) {
        throw sqliteFault(error, path);
      } finally {
        client.close();
      }
    },
  };
}

async function futureFile(path: string): Promise<Finding> {
  const folder = await existing(dirname(path));
  try {
    await access(folder, constants.W_OK);
    return ok('store', `${path} is not there yet; the first start makes it`);
  } catch {
    const mend = 'Give the user that edgeminer runs as the right to write there, or set dataDir.';
    return failed('store', `${path} is not there, and ${folder} may not be written`, mend);
  }
}

async function checkFile(client: Client, path: string, size: number): Promise<Finding> {
  const { rows } = await client.execute('SELECT quick_check AS verdict FROM pragma_quick_check(1)');
  const verdict = rows[0] === undefined ? 'no answer' : textIn(rows[0], 'verdict');
  if (verdict !== 'ok') {
    const mend = 'Restore it from a backup; sqlite3 FILE .recover saves what can be read.';
    return failed('store', `${path} is damaged: ${verdict}`, mend);
  }
  const version = await versionOf(client, path);
  const detail = `${path}, ${(size / 1e6).toFixed(1)} MB, whole, tables of version ${version}`;
  try {
    await takeWriteLock(client);
  } catch (error) {
    if (!isBusy(error)) throw error;
    return warning('store', `${detail}; another process holds it`, 'Run doctor again in a while.');
  }
  if (version === newestVersion) return ok('store', `${detail}, can be written`);
  return ok('store', `${detail}; the next start brings them to ${newestVersion}`);
}

/** Fails for a file that may only be read; rolled back. */
async function takeWriteLock(client: Client): Promise<void> {
  const transaction = await client.transaction('write');
  try {
    await transaction.execute('CREATE TABLE edgeminer_doctor (n INTEGER)');
    await transaction.rollback();
  } finally {
    transaction.close();
  }
}

async function diskFinding(path: string): Promise<Finding> {
  const name = 'disk of the store';
  const folder = await existing(dirname(path));
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const detail = `${(free / 1e9).toFixed(1)} GB free at ${folder}`;
    if (free >= leastFree) return ok(name, detail);
    return warning(name, detail, 'Make room, or move dataDir to a larger disk.');
  } catch {
    return skipped(name, 'the system does not tell');
  }
}

/** The folder itself, or the nearest above it that there is. */
async function existing(folder: string): Promise<string> {
  const there = await stat(folder).then(
    () => true,
    () => false,
  );
  const above = dirname(folder);
  return there || above === folder ? folder : existing(above);
}
