import { describe, expect, it } from 'vitest';
import { labelledTask } from '../../test/fixtures/labelled-task.js';
import { annotatorId, batchId } from '../ids.js';
import type { Task, TaskState } from '../queue/task.js';
import { sightOf, taskJson } from './task-json.js';
import type { Role } from './access.js';
import type { Sight } from './task-json.js';

const said = { batchId: batchId('b'), fence: 1, round: 1, heldMs: 5 };
const task: Task = {
  ...labelledTask(),
  overlap: 3,
  opinions: [
    {
      ...said,
      annotator: annotatorId('ada'),
      body: { kind: 'class', class: 'cat' },
      labelSet: 'animals@1',
      givenAt: 0,
    },
  ],
  skips: [{ ...said, annotator: annotatorId('bo'), reason: 'only fog', skippedAt: 0 }],
};

describe('a task as clients see it', () => {
  it('shows what others said only once nobody is asked any more', () => {
    const lease = { ...said, annotator: annotatorId('cy'), leasedAt: 0, expiresAt: 100 };
    const shown = (state: TaskState, now = 50, sight: Sight = 'blind') => {
      const { label } = state === 'labelled' ? task : { label: undefined };
      return taskJson({ ...task, state, label, lease }, undefined, now, sight);
    };
    for (const state of ['pending', 'leased', 'disputed'] as const) {
      const text = JSON.stringify(shown(state));
      expect(text).not.toMatch(/ada|bo|fog/u);
      expect(shown(state, 50, 'all').opinions).toMatchObject([{ annotator: 'ada' }]);
    }
    // Its lease has expired: somebody will be asked.
    expect(shown('leased', 100)).toMatchObject({ state: 'pending', opinions: [] });
    for (const state of ['labelled', 'skipped', 'cancelled'] as const) {
      expect(shown(state).opinions).toMatchObject([
        { annotator: 'ada', givenAt: '1970-01-01T00:00:00.000Z', round: 1, heldMs: 5 },
      ]);
    }
    expect(shown('skipped').skip).toMatchObject({ annotator: 'bo', reason: 'only fog' });
    expect(shown('labelled')).toMatchObject({ overlap: 3, round: 1, skip: null });
    expect(shown('labelled').label?.settledBy).toBeNull();
  });

  it('shows all to reviewers, but not while they label it themselves', () => {
    const lease = { ...said, annotator: annotatorId('cy'), leasedAt: 0, expiresAt: 100 };
    const leased = { ...task, state: 'leased', lease } as const;
    const sees = (name: string, role: Role, now: number) =>
      sightOf({ name, roles: [role], projects: undefined }, leased, now);
    expect(sees('di', 'annotator', 50)).toBe('blind');
    expect(sees('di', 'curator', 50)).toBe('blind');
    expect(sees('di', 'reviewer', 50)).toBe('all');
    expect(sees('cy', 'reviewer', 50)).toBe('blind');
    expect(sees('cy', 'admin', 50)).toBe('blind');
    expect(sees('cy', 'admin', 100)).toBe('all');
  });
});
