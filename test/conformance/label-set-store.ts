import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LabelSet } from '../../src/label/label.js';
import type { LabelSetStore } from '../../src/label/label-set-store.js';
import { sameLabelSet } from '../../src/label/label-set.js';
import { anyLabelSet } from '../fixtures/label-arbitraries.js';

export interface LabelSetStoreUnderTest {
  readonly store: LabelSetStore;
  /** Another connection to the same store, as another process has it. */
  readonly another: () => Promise<LabelSetStore>;
  /** Closes all connections and removes the store. */
  readonly remove: () => Promise<void>;
}

const animals: LabelSet = {
  name: 'animals',
  version: 1,
  kind: 'boxes',
  classes: ['cat', 'dog'],
  guidelines: '# Animals\n\nTails count. "Größe" too.',
  notes: [{ class: 'cat', guidelines: 'No lions.', examples: ['cats/1.jpg', 'a'.repeat(64)] }],
  attributes: [
    { name: 'age', kind: 'number', on: 'object', required: false, min: 0.1, classes: ['dog'] },
    { name: 'colour', kind: 'choice', on: 'object', required: true, values: ['$red', 'a.b'] },
  ],
  text: 'optional',
};

/** Every obligation of the port LabelSetStore, on any adapter. */
export function labelSetStoreConformance(
  name: string,
  open: () => Promise<LabelSetStoreUnderTest>,
): void {
  describe(`label sets: ${name}`, () => {
    let opened: LabelSetStoreUnderTest;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.remove());

    it('gives back what was recorded, to every connection', async () => {
      expect(await opened.store.find('animals', 1)).toBeUndefined();
      expect(await opened.store.record(animals, 7)).toEqual({ kind: 'recorded' });
      expect(await opened.store.find('animals', 1)).toEqual(animals);
      expect(await (await opened.another()).find('animals', 1)).toEqual(animals);
      expect(await opened.store.find('animals', 2)).toBeUndefined();
      expect(await opened.store.find('animal', 1)).toBeUndefined();
    });

    it('knows what it has, and keeps what it has against anything else', async () => {
      await opened.store.record(animals, 7);
      expect(await opened.store.record({ ...animals }, 8)).toEqual({ kind: 'known' });
      const changed = { ...animals, classes: ['dog', 'cat'] };
      const answer = { kind: 'differs', recorded: animals };
      expect(await opened.store.record(changed, 9)).toEqual(answer);
      expect(await opened.store.record(changed, 9)).toEqual(answer);
      expect(await opened.store.list()).toEqual([{ labelSet: animals, recordedAt: 7 }]);
    });

    it('lists by name, the newest version first', async () => {
      for (const version of [2, 10, 1]) {
        await opened.store.record({ ...animals, version }, version);
      }
      await opened.store.record({ ...animals, name: 'Zebras' }, 5);
      const listed = async (of?: string) =>
        (await opened.store.list(of)).map(({ labelSet, recordedAt }) => [
          labelSet.name,
          labelSet.version,
          recordedAt,
        ]);
      const ofAnimals = [10, 2, 1].map((version) => ['animals', version, version]);
      expect(await listed('animals')).toEqual(ofAnimals);
      expect(await listed()).toEqual([['Zebras', 1, 5], ...ofAnimals]);
      expect(await listed('nobody')).toEqual([]);
    });

    it('of many that record one version at once, lets one do it and tells the others', async () => {
      const stores = [opened.store, await opened.another(), await opened.another()];
      const given = Array.from({ length: 12 }, (_, n) => ({
        ...animals,
        classes: [`class ${n % 4}`],
      }));
      const answers = await Promise.all(
        given.map((labelSet, n) => (stores[n % stores.length] ?? opened.store).record(labelSet, n)),
      );
      expect(answers.filter((answer) => answer.kind === 'recorded')).toHaveLength(1);
      const kept = await opened.store.find('animals', 1);
      answers.forEach((answer, n) => {
        const isKept = kept !== undefined && sameLabelSet(kept, given[n] ?? animals);
        expect(answer.kind).toMatch(isKept ? /^(recorded|known)$/ : /^differs$/);
        if (answer.kind === 'differs') expect(answer.recorded).toEqual(kept);
      });
    });

    it('brings every label set back the same', async () => {
      let version = 100;
      const anySet = fc.constantFrom('class', 'classes', 'boxes', 'polygons').chain(anyLabelSet);
      await fc.assert(
        fc.asyncProperty(anySet, async (made) => {
          version += 1;
          const labelSet = { ...made, version };
          await opened.store.record(labelSet, 1);
          const found = await opened.store.find(made.name, version);
          expect(found !== undefined && sameLabelSet(found, labelSet)).toBe(true);
          expect(await opened.store.record(labelSet, 2)).toEqual({ kind: 'known' });
        }),
        { numRuns: 25 },
      );
    });
  });
}
