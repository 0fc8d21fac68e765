import { describe, expect, it } from 'vitest';
import { imageHash, taskId } from '../ids.js';
import type { ImageUse } from '../queue/image-uses.js';
import { fateOf } from './retention.js';
import type { RetentionPolicy } from './retention.js';

const day = 86_400_000;
const now = 1000 * day;
const policy: RetentionPolicy = {
  images: {
    labelled: 90 * day,
    skipped: 30 * day,
    cancelled: 7 * day,
    unlabelled: 'keep',
    unused: 2 * day,
  },
  curatedSets: 'keep',
  grace: day,
};
const use = (state: ImageUse['state'], days: number): ImageUse => ({
  hash: imageHash('a'),
  taskId: taskId('t'),
  state,
  changedAt: now - days * day,
  gold: false,
});
const fate = (
  uses: readonly ImageUse[],
  {
    curated = false,
    put = 500,
    rules = policy,
  }: { curated?: boolean; put?: number; rules?: RetentionPolicy } = {},
) => fateOf({ putAt: now - put * day }, { uses, curated }, rules, now);

describe('fateOf', () => {
  it.each([
    ['labelled', 90],
    ['skipped', 30],
    ['cancelled', 7],
  ] as const)('removes the image of a %s task after %i days, not before', (state, days) => {
    expect(fate([use(state, days)])).toEqual({ kind: 'remove', after: state });
    expect(fate([use(state, days - 0.01)])).toEqual({ kind: 'keep', for: 'tasks' });
  });

  it.each(['pending', 'leased', 'disputed'] as const)('keeps that of a %s task', (state) => {
    expect(fate([use(state, 900)])).toEqual({ kind: 'keep', for: 'tasks' });
    const rules = { ...policy, images: { ...policy.images, unlabelled: 100 * day } };
    expect(fate([use(state, 900)], { rules })).toEqual({ kind: 'remove', after: 'unlabelled' });
  });

  it('keeps an image as long as any task needs it', () => {
    expect(fate([use('cancelled', 400), use('pending', 400)])).toMatchObject({ for: 'tasks' });
    expect(fate([use('cancelled', 400), use('labelled', 89)])).toMatchObject({ for: 'tasks' });
    expect(fate([use('cancelled', 400), use('labelled', 90)])).toEqual({
      kind: 'remove',
      after: 'labelled',
    });
  });

  it('keeps those of curated sets, unless the policy says so', () => {
    const old = [use('labelled', 900)];
    expect(fate(old, { curated: true })).toEqual({ kind: 'keep', for: 'curated-sets' });
    const rules = { ...policy, curatedSets: 'ignore' } as const;
    expect(fate(old, { curated: true, rules })).toMatchObject({ kind: 'remove' });
  });

  it('keeps those of gold tasks in use, whatever the policy', () => {
    const gold = { ...use('labelled', 900), gold: true };
    const rules = { ...policy, curatedSets: 'ignore' } as const;
    expect(fate([use('cancelled', 900), gold], { rules })).toEqual({
      kind: 'keep',
      for: 'gold-tasks',
    });
    expect(fate([use('labelled', 900)], { rules })).toMatchObject({ kind: 'remove' });
  });

  it('keeps what was put within the grace period, and what no task shows until its time', () => {
    expect(fate([use('labelled', 900)], { put: 0.5 })).toEqual({ kind: 'keep', for: 'put-since' });
    expect(fate([], { put: 1.9 })).toEqual({ kind: 'keep', for: 'tasks' });
    expect(fate([], { put: 2 })).toEqual({ kind: 'remove', after: 'unused' });
  });
});
