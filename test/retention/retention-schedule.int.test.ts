import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDirectoryImageStore } from '../../src/adapters/directory/directory-image-store.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { startRetention } from '../../src/cli/retention-schedule.js';
import { retentionSchema } from '../../src/config/retention-settings.js';
import { EdgeminerError } from '../../src/faults.js';
import type { ImageHash } from '../../src/ids.js';
import type { ImageShelf } from '../../src/image/image-shelf.js';
import type { ImageStore } from '../../src/image/image-store.js';
import { picture } from '../conformance/image-store.js';

/** Of an hour, so that a turn comes every 20 milliseconds. */
const soon = 20 / 3_600_000;

describe('retention on a schedule', () => {
  let folder: string;
  let store: SqliteStore;
  let images: ImageStore & ImageShelf;
  let logged: { level: string; message: string; fields: Record<string, unknown> }[];
  let open: { close(): Promise<void> }[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-schedule-'));
    store = await openSqliteStore({ file: join(folder, 'queue.db') });
    images = await openDirectoryImageStore({ path: join(folder, 'pictures') });
    logged = [];
    open = [];
  });
  afterEach(async () => {
    for (const one of open) await one.close();
    await store.close();
    await images.close();
    await rm(folder, { recursive: true });
  });

  function startWith(shelf: ImageStore & ImageShelf, everyHours: number | undefined) {
    const log =
      (level: string) =>
      (message: string, fields: Record<string, unknown> = {}) =>
        void logged.push({ level, message, fields });
    const retention = { ...retentionSchema.parse({ images: { unused: '7d' } }), everyHours };
    const started = startRetention(
      { retention },
      {
        stores: { images: shelf, eraser: store.eraser, curatedSets: store.curatedSets },
        logger: { info: log('info'), warn: log('warn'), error: log('error') },
        now: () => Date.now(),
        random: () => 0.5,
      },
    );
    if (started !== undefined) open.push(started);
    return started;
  }

  /** Stores a picture whose last put is as old as told. */
  async function put(seed: number, daysAgo: number): Promise<ImageHash> {
    const hash = await images.put(picture(seed), 'image/jpeg');
    const at = new Date(Date.now() - daysAgo * 86_400_000);
    const path = join(folder, 'pictures', hash.slice(0, 2), hash.slice(2, 4), `${hash}.jpg`);
    await utimes(path, at, at);
    return hash;
  }

  const removedSoFar = () =>
    logged.reduce((sum, { fields }) => sum + Number(fields['removed'] ?? 0), 0);

  it('is off unless it is set', () => {
    expect(startWith(images, undefined)).toBeUndefined();
  });

  it('goes on turn after turn, also beside another process, and says what it did', async () => {
    const old = await Promise.all([...Array(40).keys()].map((n) => put(n, 8)));
    const young = await put(99, 6);
    startWith(images, soon);
    const other = await openDirectoryImageStore({ path: join(folder, 'pictures') });
    open.push(other);
    startWith(other, soon);
    await vi.waitFor(() => expect(removedSoFar()).toBe(40), 10_000);
    for (const hash of old) expect(await images.has(hash)).toBe(false);
    expect(await images.has(young)).toBe(true);
    const late = await put(100, 8);
    await vi.waitFor(() => expect(removedSoFar()).toBe(41), 10_000);
    expect(await images.has(late)).toBe(false);
    await vi.waitFor(() =>
      expect(logged.at(-1)).toEqual({
        level: 'info',
        message: 'retention was applied',
        fields: {
          images: 1,
          removed: 0,
          removedBytes: 0,
          keptForTasks: 1,
          keptForCuratedSets: 0,
          putNotLongAgo: 0,
        },
      }),
    );
    expect(logged.every(({ level }) => level === 'info')).toBe(true);
  });

  it('waits for a store that is away, and outlives what else goes wrong', async () => {
    const hash = await put(1, 8);
    const faults = [
      new EdgeminerError('store.unavailable', 'the disk is away'),
      new TypeError('a mistake'),
    ];
    const failing: ImageStore & ImageShelf = {
      ...images,
      images() {
        const fault = faults.shift();
        if (fault !== undefined) throw fault;
        return images.images();
      },
    };
    startWith(failing, soon);
    await vi.waitFor(() => expect(removedSoFar()).toBe(1), 20_000);
    expect(logged.slice(0, 3).map(({ level }) => level)).toEqual(['warn', 'error', 'info']);
    expect(await images.has(hash)).toBe(false);
  });

  it('ends at once when it is closed, also twice', async () => {
    const started = startWith(images, 500);
    await started?.close();
    await started?.close();
    expect(logged).toEqual([]);
  });
});
