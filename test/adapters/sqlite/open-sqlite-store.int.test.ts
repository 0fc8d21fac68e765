import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from '@libsql/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/open-sqlite-store.js';
import { asOffers, candidate, request, start } from '../../conformance/candidate.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeminer-sqlite-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function sql(file: string, ...statements: string[]): Promise<void> {
  const client = createClient({ url: pathToFileURL(file).href });
  for (const statement of statements) await client.execute(statement);
  client.close();
}

describe('the file', () => {
  it('is made with the folders above it, under any name, and kept', async () => {
    const file = join(folder, 'a b', 'ü#1?%20', 'queue.db');
    const first = await openSqliteStore({ file });
    await first.queue.offer(asOffers([candidate(1)]), start);
    await first.close();
    await first.close();
    // The file alone is all there is to keep.
    const copy = join(folder, 'copy.db');
    await copyFile(file, copy);
    const second = await openSqliteStore({ file: copy });
    await second.ping();
    expect(await second.queue.find(candidate(1).id)).toBeDefined();
    await second.close();
  });

  it('may be opened by many at once, also while it is made', async () => {
    const file = join(folder, 'queue.db');
    const stores = await Promise.all(Array.from({ length: 8 }, () => openSqliteStore({ file })));
    await Promise.all(
      stores.map(({ queue }, n) => queue.offer(asOffers([candidate(n), candidate(n + 1)]), start)),
    );
    expect((await stores[0]?.queue.stats(start))?.byState.pending).toBe(9);
    await Promise.all(stores.map((store) => store.close()));
  });

  const refusals: readonly (readonly [string, (file: string) => Promise<unknown>, RegExp])[] = [
    [
      'is no database',
      (file) => writeFile(file, 'a text. '.repeat(500)),
      /is not a SQLite database/,
    ],
    [
      "is another program's",
      (file) => sql(file, 'CREATE TABLE tasks (id)'),
      /is the database of another program/,
    ],
    [
      'is of a newer edgeminer',
      async (file) => {
        await (await openSqliteStore({ file })).close();
        await sql(file, 'PRAGMA user_version = 99');
      },
      /newer edgeminer \(version 99/,
    ],
    ['lies under a file', (file) => writeFile(join(file, '..', 'under'), ''), /can't be opened/],
  ];
  it.each(refusals)('is refused where it %s', async (_, prepare, message) => {
    const file = message.source.includes('opened') ? 'under/queue.db' : 'queue.db';
    await prepare(join(folder, 'queue.db'));
    await expect(openSqliteStore({ file: join(folder, file) })).rejects.toMatchObject({
      code: 'store.invalid',
      field: 'store.file',
      message: expect.stringMatching(message) as string,
      mend: expect.any(String) as string,
    });
  });

  it('is refused where it is a folder', async () => {
    await expect(openSqliteStore({ file: folder })).rejects.toMatchObject({
      code: 'store.invalid',
    });
  });
});

describe('other processes', () => {
  it('claim from the same file, and never the same task', async () => {
    const file = join(folder, 'queue.db');
    const store = await openSqliteStore({ file });
    await store.queue.offer(asOffers(Array.from({ length: 300 }, (_, n) => candidate(n))), start);
    const script = fileURLToPath(new URL('claim-until-empty.ts', import.meta.url));
    const run = promisify(execFile);
    const claimed = await Promise.all(
      ['a', 'b', 'c'].map(async (who) => {
        const { stdout } = await run(process.execPath, [
          '--import',
          'ts-blank-space/register',
          script,
          file,
          who,
        ]);
        return JSON.parse(stdout) as string[];
      }),
    );
    expect(new Set(claimed.flat()).size).toBe(300);
    expect(claimed.flat()).toHaveLength(300);
    expect((await store.queue.stats(start)).byState.leased).toBe(300);
    await store.close();
  });

  it('are waited for while they write, and then no longer', async () => {
    const file = join(folder, 'queue.db');
    const store = await openSqliteStore({ file });
    const other = createClient({ url: pathToFileURL(file).href });
    const held = await other.transaction('write');
    const offered = store.queue.offer(asOffers([candidate(1)]), start);
    // Reading goes on meanwhile.
    expect(await store.queue.find(candidate(1).id)).toBeUndefined();
    await held.commit();
    expect(await offered).toEqual(['queued']);

    const forever = await other.transaction('write');
    await expect(store.queue.lease(request('b', 1), start)).rejects.toMatchObject({
      code: 'store.unavailable',
      retriable: true,
    });
    await forever.rollback();
    other.close();
    expect(await store.queue.lease(request('b', 1), start)).toHaveLength(1);
    await store.close();
  });
});

it('says so once it is closed', async () => {
  const store = await openSqliteStore({ file: join(folder, 'queue.db') });
  await store.close();
  await expect(store.ping()).rejects.toMatchObject({ code: 'store.unavailable' });
});
