import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { openDirectoryImageStore } from '../../src/adapters/directory/directory-image-store.js';
import { openSqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import type { SqliteStore } from '../../src/adapters/sqlite/open-sqlite-store.js';
import { runCommand } from '../cli/run-command.js';
import { applyRetention } from '../../src/curate/retention.js';
import type { RetentionPolicy } from '../../src/curate/retention.js';
import { snapshot } from '../../src/curate/snapshot.js';
import { batchId } from '../../src/ids.js';
import type { ImageHash } from '../../src/ids.js';
import type { ImageShelf } from '../../src/image/image-shelf.js';
import type { ImageStore } from '../../src/image/image-store.js';
import type { TaskContent } from '../../src/queue/task.js';
import { asOffers, candidate, request } from '../conformance/candidate.js';
import { picture } from '../conformance/image-store.js';

const day = 86_400_000;

describe('retention and erasure', () => {
  let folder: string;
  let now: number;
  let store: SqliteStore;
  let images: ImageStore & ImageShelf;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeminer-retention-'));
    now = Date.now();
    const config = {
      dataDir: '.',
      store: { kind: 'sqlite', file: 'queue.db' },
      images: { kind: 'directory', path: 'pictures' },
      retention: { images: { labelled: '90d', skipped: '30d', cancelled: '12h', unused: '7d' } },
      http: { tokens: [{ name: 'ada', role: 'annotator', tokenSha256: 'a'.repeat(64) }] },
    };
    await writeFile(join(folder, 'edgeminer.config.yaml'), stringify(config));
    store = await openSqliteStore({ file: join(folder, 'queue.db') });
    images = await openDirectoryImageStore({ path: join(folder, 'pictures') });
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const run = (...args: readonly string[]) => runCommand(args, { folder, now });

  async function json(...args: readonly string[]): Promise<unknown> {
    const { code, stdout, stderr } = await run(...args, '--json');
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }

  /** Stores a picture and makes its last put as old as told. */
  async function put(seed: number, daysAgo: number): Promise<ImageHash> {
    const hash = await images.put(picture(seed), 'image/jpeg');
    await age(hash, daysAgo);
    return hash;
  }
  async function age(hash: ImageHash, daysAgo: number): Promise<void> {
    const at = new Date(Date.now() - daysAgo * day);
    const path = join(folder, 'pictures', hash.slice(0, 2), hash.slice(2, 4), `${hash}.jpg`);
    await utimes(path, at, at);
  }

  /** A task of a stored picture. */
  async function offer(n: number, seed = n, source = 'gate-3'): Promise<TaskContent> {
    const made = candidate(n, { source });
    const content = { ...made, image: { ...made.image, hash: await put(seed, 400) } };
    await store.queue.offer(asOffers([content]), now - 400 * day);
    return content;
  }

  async function label({ id }: TaskContent, daysAgo: number, who = 'a'): Promise<void> {
    const at = now - daysAgo * day;
    const batch = `${who}-${id}`;
    const asked = { ...request(batch, 1000, { now: at }), annotator: request(who, 1).annotator };
    const held = await store.queue.lease(asked, at);
    const fence = held.find((task) => task.id === id)?.fence ?? 0;
    const body = { kind: 'class', class: 'cat' } as const;
    const claim = { taskId: id, batchId: batchId(batch), fence };
    await store.queue.complete(claim, { kind: 'label', body, labelSet: 'a@1' }, at);
    await store.queue.release(batchId(batch), 'all', at);
  }

  it('removes the images whose time is over, and says why, after a dry run that removes none', async () => {
    const [old, young, waiting, curated] = [
      await offer(1),
      await offer(2),
      await offer(3),
      await offer(4),
    ];
    await label(old, 91);
    await label(young, 89);
    await label(curated, 91);
    const task = await store.queue.find(curated.id);
    if (task === undefined) throw new Error('it was labelled');
    const shares = { train: 1, validation: 0, test: 0 };
    const split = { shares, seed: 's', incidentGap: 0, nearDuplicateBits: 0 };
    await store.curatedSets.publish(snapshot([task], { name: 'night', split, createdAt: now }));
    const orphan = await put(8, 8);
    const fresh = await put(9, 6);

    const tally = (count: number) => ({ images: count, bytes: count * 10_000 });
    const expected = {
      looked: tally(6),
      removed: { labelled: tally(1), unused: tally(1), skipped: tally(0) },
      kept: { tasks: tally(3), 'curated-sets': tally(1), 'put-since': tally(0) },
    };
    expect(await json('retention', 'apply', '--dry-run')).toMatchObject(expected);
    expect(await images.has(old.image.hash)).toBe(true);
    expect(await json('retention', 'apply')).toMatchObject({ dryRun: false, ...expected });
    for (const [hash, there] of [
      [old.image.hash, false],
      [orphan, false],
      [young.image.hash, true],
      [waiting.image.hash, true],
      [curated.image.hash, true],
      [fresh, true],
    ] as const) {
      expect(await images.has(hash)).toBe(there);
    }
    const { stdout } = await run('retention', 'apply');
    expect(stdout).toMatch(/in a curated set +1 +10000/);
  });

  it('keeps an image that is offered again while it is removed', async () => {
    const policy: RetentionPolicy = {
      images: { labelled: 0, skipped: 0, cancelled: 0, unlabelled: 'keep', unused: 0 },
      curatedSets: 'keep',
      grace: 60 * 60 * 1000,
    };
    let removed = 0;
    for (let race = 0; race < 100; race++) {
      const made = candidate(1000 + race);
      const bytes = picture(race, 50_000);
      const hash = await images.put(bytes, 'image/jpeg');
      await age(hash, 2);
      const deps = { shelf: images, uses: store.eraser, sets: store.curatedSets };
      const [report] = await Promise.all([
        applyRetention(deps, policy, { now: Date.now(), dryRun: false }),
        // As a worker does it: the picture first, then its task.
        (async () => {
          await delay(race % 4);
          const content = { ...made, image: { ...made.image, hash } };
          await images.put(bytes, 'image/jpeg');
          await store.queue.offer(asOffers([content]), Date.now());
        })(),
      ]);
      removed += report.removed.unused.images;
      expect(await images.has(hash), `after race ${race}`).toBe(true);
    }
    // In some the removal came first, and the worker stored the picture anew.
    expect(removed).toBeGreaterThan(0);
  });

  it('erases a source: tasks, images that it alone shows, and names the sets that hold it', async () => {
    const [alone, shared] = [await offer(1), await offer(2)];
    const other = await offer(3, 2, 'gate-4');
    await label(alone, 1);
    const task = await store.queue.find(alone.id);
    if (task === undefined) throw new Error('it was labelled');
    const shares = { train: 1, validation: 0, test: 0 };
    const split = { shares, seed: 's', incidentGap: 0, nearDuplicateBits: 0 };
    const set = snapshot([task], { name: 'night', split, createdAt: now });
    await store.curatedSets.publish(set);

    const order = ['erase', '--source', 'gate-3', '--by', 'cora', '--reason', 'request of Bo'];
    expect(await json(...order, '--dry-run')).toMatchObject({ dryRun: true, erased: { tasks: 2 } });
    expect(await store.queue.find(alone.id)).toBeDefined();
    expect(await images.has(alone.image.hash)).toBe(true);

    expect(await json(...order, '--report', 'erased.json')).toMatchObject({
      kind: 'source',
      request: 'gate-3',
      erased: { tasks: 2, images: 1 },
      curatedSets: [{ version: set.version, name: 'night', items: 1, of: 1 }],
    });
    const written = await readFile(join(folder, 'erased.json'), 'utf8');
    for (const word of ['event-1', 'Bo', 'cora', 'annotator of']) {
      expect(written).not.toContain(word);
    }
    expect(await store.queue.find(shared.id)).toBeUndefined();
    expect(await images.has(alone.image.hash)).toBe(false);
    expect(await images.has(other.image.hash)).toBe(true);
    expect(await json('audit', 'verify')).toMatchObject({ whole: 1, erased: 2, broken: 0 });
    expect(await json(...order)).toMatchObject({ erased: { tasks: 0, images: 0 } });
    // Nothing of it is left in the file, not even where it was deleted.
    await store.close();
    const file = await readFile(join(folder, 'queue.db'));
    expect(file.includes('https://images.example.com/1.jpg')).toBe(false);
  });

  it('erases a person: a pseudonym in the queue, and what is left is named', async () => {
    await label(await offer(1), 1, 'ada');
    const name = request('ada', 1).annotator;
    const order = ['erase', '--by', 'cora', '--reason', 'asked', '--person'];
    const report = await json(...order, name);
    expect(report).toMatchObject({
      kind: 'person',
      erased: { 'tasks that have a pseudonym now': 1 },
    });
    const [task] = await store.queue.list({ state: 'labelled' }, { limit: 1 }, now);
    expect(task?.label?.annotator).toMatch(/^person-/);
    expect(await json('audit', 'verify')).toMatchObject({ whole: 1, broken: 0 });
    expect((await json(...order, 'ada')) as object).toMatchObject({
      left: [expect.stringContaining('http.tokens') as string],
    });
    expect((await run(...order, 'nobody')).stderr).toContain('person.not-found');
    expect((await run(...order, 'x', '--source', 'y')).stderr).toContain('input.invalid');
  });

  it.each([
    { images: { labelled: '90' } },
    { images: { labelled: '0d' } },
    { images: { lost: '1d' } },
    { graceHours: 0 },
  ])('refuses the setting %j', async (retention) => {
    await writeFile(join(folder, 'edgeminer.config.yaml'), stringify({ retention }));
    expect((await run('retention', 'apply')).stderr).toContain('config.invalid');
  });
});
