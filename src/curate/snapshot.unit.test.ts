import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelledTask } from '../../test/fixtures/labelled-task.js';
import { canonicalJson } from '../canonical-json.js';
import type { CuratedSet, SplitPlan } from './curated-set.js';
import { snapshot, verifyCuratedSet, versionOf } from './snapshot.js';
import { splitCounts } from './split-counts.js';

const split: SplitPlan = {
  shares: { train: 0.8, validation: 0.1, test: 0.1 },
  seed: 'edgeminer',
  incidentGap: 60_000,
  nearDuplicateBits: 4,
};
const options = { name: 'night shift', split, createdAt: 1_700_000_200_000 };

function tasks(count: number) {
  return Array.from({ length: count }, (_, index) =>
    labelledTask({ event: `event-${index}`, labelledAt: 1_700_000_100_000 + index }),
  );
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('snapshot', () => {
  it('takes over image, label, weight and lineage', () => {
    const task = labelledTask({ inclusionProbability: 0.01 });
    expect(snapshot([task], options).items).toEqual([
      {
        taskId: task.id,
        split: 'train',
        group: task.id,
        image: { hash: task.image.hash, contentType: 'image/jpeg', width: 640, height: 480 },
        label: { kind: 'class', class: 'cat' },
        weight: 100,
        lineage: {
          eventId: 'event-1',
          occurredAt: 1_700_000_000_000,
          sourceId: 'camera of event-1',
          modelName: 'animals',
          modelVersion: '3.1.0',
          reference: 'no-reference',
          policy: 'default',
          reasons: ['dark'],
          priority: 0.75,
          signals: [{ name: 'dark', raw: 12.5, edgeScore: 0.99, flagged: true }],
          annotator: 'ada',
          labelledAt: 1_700_000_100_000,
          labelSet: 'animals@1',
        },
      },
    ]);
  });

  it('orders items by task id and classes by name', () => {
    const boxes = [
      { class: 'zebra', x: 0, y: 0, width: 5, height: 5 },
      { class: 'ant', x: 1, y: 1, width: 2, height: 2 },
    ];
    const set = snapshot(
      [...tasks(5), labelledTask({ event: 'boxed', body: { kind: 'boxes', boxes } })],
      options,
    );
    const ids = set.items.map((item) => item.taskId);
    expect(ids).toEqual([...ids].sort());
    expect(set.classes).toEqual(['ant', 'cat', 'zebra']);
  });

  it('leaves out what is not labelled', () => {
    const [first, second, third] = tasks(3);
    if (first === undefined || second === undefined || third === undefined) throw new Error();
    const given = [first, { ...second, state: 'skipped', label: undefined } as const, third];
    expect(
      snapshot(given, options)
        .items.map((item) => item.lineage.eventId)
        .sort(),
    ).toEqual(['event-0', 'event-2']);
  });

  it('refuses to be empty, and says what to do', () => {
    const pending = { ...labelledTask(), state: 'pending', label: undefined } as const;
    expect(thrownBy(() => snapshot([pending], options))).toMatchObject({
      code: 'curated-set.empty',
      mend: expect.stringMatching(/^Label tasks first/) as string,
    });
  });

  it('names the task whose inclusion probability is impossible', () => {
    const task = labelledTask({ inclusionProbability: 0 });
    expect(thrownBy(() => snapshot([task], options))).toMatchObject({
      code: 'input.invalid',
      field: 'decision.inclusionProbability',
      message: expect.stringContaining(task.id) as string,
    });
  });

  it('has the same version for the same content, whatever the order and the time', () => {
    const given = tasks(12);
    const { version } = snapshot(given, options);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(given, { minLength: given.length, maxLength: given.length }),
        fc.nat(),
        (turned, createdAt) => {
          expect(snapshot(turned, { ...options, createdAt }).version).toBe(version);
        },
      ),
    );
  });

  it('ignores what stores and callers add to labels and plans', () => {
    const body = { kind: 'class', class: 'cat', _id: 7 } as const;
    const plan = { ...split, note: 'from the configuration' };
    expect(snapshot([labelledTask({ body })], { ...options, split: plan }).version).toBe(
      snapshot([labelledTask()], options).version,
    );
  });

  it('has another version for another label, name or plan', () => {
    const { version } = snapshot([labelledTask()], options);
    const others = [
      snapshot([labelledTask({ body: { kind: 'class', class: 'dog' } })], options),
      snapshot([labelledTask()], { ...options, name: 'day shift' }),
      snapshot([labelledTask()], { ...options, split: { ...split, seed: 'x' } }),
    ];
    for (const other of others) expect(other.version).not.toBe(version);
  });

  it('hashes item by item what RFC 8785 makes of the whole', () => {
    const { name, split: plan, classes, items, version } = snapshot(tasks(3), options);
    const whole = canonicalJson({ name, split: plan, classes, items });
    expect(version).toBe(createHash('sha256').update(whole).digest('hex'));
    expect(versionOf({ name, split: plan, classes, items })).toBe(version);
  });
});

describe('verifyCuratedSet', () => {
  it('lets an intact set pass, also after a trip through JSON', () => {
    const set = snapshot(tasks(3), options);
    expect(thrownBy(() => verifyCuratedSet(set))).toBeUndefined();
    const read = JSON.parse(JSON.stringify(set)) as CuratedSet;
    expect(thrownBy(() => verifyCuratedSet(read))).toBeUndefined();
  });

  it('refuses a set that lost an item', () => {
    const set = snapshot(tasks(3), options);
    const damaged = { ...set, items: set.items.slice(1) };
    expect(thrownBy(() => verifyCuratedSet(damaged))).toMatchObject({
      code: 'curated-set.invalid',
      message: expect.stringContaining(set.version) as string,
    });
  });
});

describe('splitCounts', () => {
  it('counts items and groups of each split', () => {
    const source = 'one camera';
    const burst = [0, 1, 2].map((index) =>
      labelledTask({ event: `burst-${index}`, source, labelledAt: index }),
    );
    const other = labelledTask({ event: 'alone', labelledAt: 10 });
    expect(splitCounts(snapshot([...burst, other], options))).toEqual({
      train: { items: 3, groups: 1 },
      validation: { items: 1, groups: 1 },
      test: { items: 0, groups: 0 },
    });
  });
});
