import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CuratedSetStore } from '../../src/curate/curated-set-store.js';
import type { CuratedSet } from '../../src/curate/curated-set.js';
import { snapshot } from '../../src/curate/snapshot.js';
import { curatedSetVersion } from '../../src/ids.js';
import { labelledTask } from '../fixtures/labelled-task.js';
import { start } from './candidate.js';

export interface SetStoreUnderTest {
  readonly store: CuratedSetStore;
  /** Another connection to the same store, as another process has it. */
  readonly another: () => Promise<CuratedSetStore>;
  /** Makes the store as a publisher leaves it that died before its last write. */
  readonly interruptPublish: (set: CuratedSet) => Promise<void>;
  /** Changes one stored item of the set. */
  readonly damage: (set: CuratedSet) => Promise<void>;
  /** Closes all connections and removes the store. */
  readonly remove: () => Promise<void>;
}

/** A set of so many items, made as snapshots are. */
export function madeSet(items: number, name = 'night shift', createdAt = start): CuratedSet {
  const tasks = Array.from({ length: items }, (_, n) =>
    labelledTask({ event: `event-${n}`, occurredAt: start + n * 86_400_000 }),
  );
  const shares = { train: 0.8, validation: 0.1, test: 0.1 };
  const split = { shares, seed: 's', incidentGap: 0, nearDuplicateBits: 0 };
  return snapshot(tasks, { name, split, createdAt });
}

/** Every obligation of the port CuratedSetStore, on any adapter. */
export function curatedSetStoreConformance(
  name: string,
  open: () => Promise<SetStoreUnderTest>,
): void {
  describe(`curated sets: ${name}`, () => {
    let opened: SetStoreUnderTest;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.remove());

    it('gives back what was published, to every connection', async () => {
      const set = madeSet(3);
      expect(await opened.store.publish(set)).toBe('published');
      expect(await opened.store.find(set.version)).toEqual(set);
      expect(await (await opened.another()).find(set.version)).toEqual(set);
    });

    it('keeps a set of more items than one request or document holds', async () => {
      const set = madeSet(2500);
      expect(await opened.store.publish(set)).toBe('published');
      expect(await opened.store.find(set.version)).toEqual(set);
    });

    it('leaves a known version as it was', async () => {
      const set = madeSet(3);
      await opened.store.publish(set);
      const later = madeSet(3, 'night shift', start + 1);
      expect(later.version).toBe(set.version);
      expect(await opened.store.publish(later)).toBe('known');
      expect(await opened.store.find(set.version)).toEqual(set);
    });

    it('publishes once, however many publish at once', async () => {
      const stores = [opened.store, await opened.another(), opened.store];
      const outcomes = await Promise.all(
        stores.map((store, n) => store.publish(madeSet(30, 'night shift', start + n))),
      );
      expect(outcomes.toSorted()).toEqual(['known', 'known', 'published']);
      const set = madeSet(30);
      const found = await opened.store.find(set.version);
      expect({ ...found, createdAt: start }).toEqual(set);
      expect(await opened.store.list()).toHaveLength(1);
    });

    it('knows no version that was not published', async () => {
      expect(await opened.store.find(curatedSetVersion('0'.repeat(64)))).toBeUndefined();
      expect(await opened.store.list()).toEqual([]);
    });

    it('lists newest first, without items', async () => {
      const sets = [madeSet(2, 'a', start + 5), madeSet(3, 'b', start + 9), madeSet(4, 'c', start)];
      for (const set of sets) await opened.store.publish(set);
      const summaries = await opened.store.list();
      expect(summaries.map(({ name: of }) => of)).toEqual(['b', 'a', 'c']);
      const { version } = madeSet(3, 'b');
      expect(summaries[0]).toEqual({ version, name: 'b', createdAt: start + 9, items: 3 });
    });

    it('shows nothing of a set whose publisher died, and completes it later', async () => {
      const set = madeSet(5);
      await opened.interruptPublish(set);
      expect(await opened.store.find(set.version)).toBeUndefined();
      expect(await opened.store.list()).toEqual([]);
      expect(await opened.store.publish(set)).toBe('published');
      expect(await opened.store.find(set.version)).toEqual(set);
    });

    it('tells a set that was changed since', async () => {
      const set = madeSet(5);
      await opened.store.publish(set);
      await opened.damage(set);
      await expect(opened.store.find(set.version)).rejects.toMatchObject({
        code: 'curated-set.invalid',
      });
    });

    it('refuses a set whose version is not that of its content', async () => {
      const forged = { ...madeSet(2), name: 'other' };
      await expect(opened.store.publish(forged)).rejects.toMatchObject({
        code: 'curated-set.invalid',
      });
      expect(await opened.store.list()).toEqual([]);
    });
  });
}
