import { describe, expect, it } from 'vitest';
import { labelledTask } from '../../test/fixtures/labelled-task.js';
import { modelName } from '../ids.js';
import type { Page, TaskFilter } from '../queue/relabel-queue.js';
import type { Task } from '../queue/task.js';
import type { CuratedSet } from './curated-set.js';
import { curate } from './curation.js';

const split = {
  shares: { train: 0.8, validation: 0.1, test: 0.1 },
  seed: 'edgeminer',
  incidentGap: 60_000,
  nearDuplicateBits: 4,
};
const options = { name: 'night shift', split };

/** The ports in memory, as small as their contracts allow. */
function desk(tasks: readonly Task[], missing: readonly string[] = []) {
  const kept = new Map<string, CuratedSet>();
  const announced: CuratedSet[] = [];
  let clock = 1000;
  return {
    kept,
    announced,
    deps: {
      now: () => clock++,
      reader: {
        list: async (filter: TaskFilter, page: Page) =>
          tasks
            .filter((task) => task.state === filter.state)
            .filter((task) => (filter.modelName ?? task.modelName) === task.modelName)
            .filter((task) => page.after === undefined || task.id > page.after)
            .sort((a, b) => (a.id < b.id ? -1 : 1))
            .slice(0, page.limit),
      },
      images: {
        has: async (hash: string) => !missing.includes(hash),
        get: async () => undefined,
      },
      sets: {
        publish: async (set: CuratedSet) => {
          if (kept.has(set.version)) return 'known' as const;
          kept.set(set.version, set);
          return 'published' as const;
        },
        find: async (version: string) => kept.get(version),
      },
    },
    publisher: {
      publish: async (set: CuratedSet) => {
        announced.push(set);
        return set.items.length;
      },
    },
  };
}

function tasks(count: number): Task[] {
  return Array.from({ length: count }, (_, index) =>
    labelledTask({ event: `event-${index}`, model: index % 3 === 0 ? 'birds' : 'animals' }),
  );
}

describe('curate', () => {
  it('walks all pages, keeps the set and announces it', async () => {
    const { deps, kept, publisher, announced } = desk(tasks(1234));
    const { set, outcome, published } = await curate({ ...deps, publisher }, options);
    expect(set.items).toHaveLength(1234);
    expect({ outcome, published }).toEqual({ outcome: 'published', published: 1234 });
    expect(kept.get(set.version)).toBe(set);
    expect(announced).toEqual([set]);
  });

  it('does well where the last page is full', async () => {
    const { deps } = desk(tasks(500));
    expect((await curate(deps, options)).set.items).toHaveLength(500);
  });

  it('answers a repetition with the set as it was first made, and announces it again', async () => {
    const { deps, publisher, announced } = desk(tasks(5));
    const first = await curate({ ...deps, publisher }, options);
    const again = await curate({ ...deps, publisher }, options);
    expect(again.outcome).toBe('known');
    expect(again.set).toEqual(first.set);
    expect(announced).toEqual([first.set, first.set]);
  });

  it('announces nothing without a publisher', async () => {
    const { deps } = desk(tasks(2));
    expect((await curate(deps, options)).published).toBe(0);
  });

  it('takes only what the filter lets through', async () => {
    const { deps } = desk(tasks(9));
    const filter = { modelName: modelName('birds') };
    const { set } = await curate(deps, { ...options, filter });
    expect(set.items.map((item) => item.lineage.modelName)).toEqual(['birds', 'birds', 'birds']);
  });

  it('makes no set of a picture that the store lost', async () => {
    const given = tasks(4);
    const lost = given.slice(0, 2).map((task) => task.image.hash);
    const { deps, kept } = desk(given, lost);
    const failed = curate(deps, options);
    await expect(failed).rejects.toMatchObject({
      code: 'image.not-found',
      field: 'image.hash',
      message: expect.stringMatching(
        /[0-9a-f]{64} of task [0-9a-f]{64} .*nor are 1 more/,
      ) as string,
    });
    expect(kept.size).toBe(0);
  });

  it('passes on that there is nothing to curate', async () => {
    const { deps } = desk([]);
    await expect(curate(deps, options)).rejects.toMatchObject({ code: 'curated-set.empty' });
  });
});
