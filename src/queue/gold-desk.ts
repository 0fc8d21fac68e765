import { EdgeminerError } from '../faults.js';
import type { AnnotatorId, TaskId } from '../ids.js';
import type { AuditTrail } from './audit-trail.js';
import { annotatorId } from '../ids.js';
import { checkedLabel } from './checked-label.js';
import type { LabelSetFor } from './checked-label.js';
import { leaseFacts } from './gold.js';
import type { GoldTask } from './gold.js';
import type { GoldStore } from './gold-store.js';
import { refused } from './label-desk.js';
import type { Refused } from './label-desk.js';
import type { TaskReader } from './relabel-queue.js';
import type { Task } from './task.js';

/**
 * What a curator does with gold tasks. As at the other desks, `refused` carries the fault to show,
 * and nothing was changed; every method may be repeated.
 */
export interface GoldDesk {
  /** Makes a labelled task a gold one; its label becomes what is right. */
  add(order: GoldOrder): Promise<{ readonly kind: 'added' | 'in-use' } | Refused>;
  /** Gives it to nobody any more. */
  retire(task: TaskId): Promise<{ readonly kind: 'retired' | 'unchanged' } | Refused>;
  list(): Promise<readonly GoldUse[]>;
}

export interface GoldOrder {
  readonly task: TaskId;
  readonly by: AnnotatorId;
}

/** A gold task, and how annotators did at it. */
export interface GoldUse {
  readonly gold: GoldTask;
  /** Answers with a label, and those of them that were right. */
  readonly answers: number;
  readonly right: number;
}

export interface GoldDeskOptions {
  readonly golds: GoldStore;
  readonly reader: Pick<TaskReader, 'find'>;
  readonly audit: Pick<AuditTrail, 'audited' | 'namesOf'>;
  readonly labelSetFor: LabelSetFor;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
}

export function createGoldDesk(options: GoldDeskOptions): GoldDesk {
  const { golds, reader, audit, labelSetFor, now } = options;

  return {
    async add({ task: id, by }) {
      const task = await reader.find(id);
      if (task === undefined) return refused(noSuchTask(id));
      const { label } = task;
      if (task.state !== 'labelled' || label === undefined) return refused(notLabelled(task));
      const checked = checkedLabel(task, label.body, labelSetFor);
      if (checked.kind === 'refused') return checked;
      const gold: GoldTask = {
        task: id,
        body: label.body,
        labelSet: label.labelSet,
        facts: leaseFacts(task),
        seenBy: await handlersOf(id),
        addedBy: by,
        addedAt: now(),
        retiredAt: undefined,
      };
      return { kind: await golds.add(gold) };
    },

    async retire(task) {
      const kind = await golds.retire(task, now());
      return kind === 'unknown' ? refused(noSuchGold(task)) : { kind };
    },

    async list() {
      const uses = new Map<TaskId, { answers: number; right: number }>();
      for (const { gold, marks } of await golds.trials({})) {
        if (marks === undefined) continue;
        const use = uses.get(gold) ?? { answers: 0, right: 0 };
        uses.set(gold, {
          answers: use.answers + 1,
          right: use.right + Number(marks.right),
        });
      }
      return (await golds.golds()).map((gold) => ({
        gold,
        ...(uses.get(gold.task) ?? { answers: 0, right: 0 }),
      }));
    },
  };

  /** Everybody who did anything with the task, also who only leased it. */
  async function handlersOf(id: TaskId): Promise<readonly AnnotatorId[]> {
    const audited = await audit.audited(id);
    if (audited === undefined) return [];
    const actors = audited.entries.map(({ actor }) => actor);
    const { opinions, skips } = audited.task;
    const names = [
      ...(await audit.namesOf(actors)).values(),
      // Of before the trail.
      ...[...opinions, ...skips].map(({ annotator }) => annotator),
    ];
    return [...new Set(names)].sort().map(annotatorId);
  }
}

function noSuchTask(id: TaskId): EdgeminerError {
  return new EdgeminerError('task.not-found', `there is no task ${id}`, {
    field: 'task',
    mend: 'Take the ids of labelled tasks from the list of tasks.',
  });
}

function noSuchGold(id: TaskId): EdgeminerError {
  return new EdgeminerError('gold.not-found', `task ${id} is not a gold task`, {
    field: 'task',
    mend: 'Take the ids of gold tasks from the list of gold tasks.',
  });
}

function notLabelled({ id, state }: Task): EdgeminerError {
  return new EdgeminerError('task.wrong-state', `task ${id} is ${state}, and not labelled`, {
    field: 'task',
    mend: 'Choose labelled tasks, clear ones, whose labels you have looked at yourself.',
  });
}
