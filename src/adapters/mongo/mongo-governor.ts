import type { Collection } from 'mongodb';
import { governorBy } from '../../queue/govern.js';
import type { TaskGovernor } from '../../queue/task-governor.js';
import { noticeOf } from '../../queue/task-notices.js';
import { seenAt } from '../../queue/transitions.js';
import { guarded } from './content-addressed-bucket.js';
import { documentToTask, headOf } from './documents.js';
import type { TaskDocument } from './documents.js';
import { keyOf } from './persons.js';
import type { PersonDocument } from './persons.js';
import { swap } from './steps.js';
import { storeAndTell } from './tell-steps.js';
import type { Telling } from './tell-steps.js';
import { withoutAudit } from './task-filters.js';

export interface TaskCollections {
  readonly tasks: Collection<TaskDocument>;
  readonly persons: Collection<PersonDocument>;
}

/** Steps of single tasks, each by compare-and-swap until it is done or settled otherwise. */
export function mongoGovernor({
  tasks,
  persons,
  telling,
}: TaskCollections & { readonly telling: Telling }): TaskGovernor {
  return governorBy(({ id, by, now }, decide) =>
    guarded(async () => {
      for (;;) {
        const found = await tasks.findOne({ _id: id }, withoutAudit);
        if (found === null) return { kind: 'unknown-task' };
        const task = documentToTask(found);
        const outcome = decide(task);
        if (outcome.kind !== 'done') return { kind: outcome.kind, task: seenAt(task, now) };
        const actor = await keyOf(persons, by);
        const { updateOne } = swap(found, outcome, { actor, at: now });
        const notice = noticeOf(task, outcome.transition, headOf(found).seq + 1);
        if (await storeAndTell(tasks, updateOne, telling, { notice, now })) {
          return { kind: 'done', task: { ...task, ...outcome.standing } };
        }
      }
    }),
  );
}
