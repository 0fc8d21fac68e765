import { annotatorId, batchId, taskId } from '../../src/ids.js';
import type { AnnotatorId, TaskId } from '../../src/ids.js';
import { usualFloor } from '../../src/label/agreement/annotator-quality.js';
import type { LabelBody, LabelSet } from '../../src/label/label.js';
import type { Outbox } from '../../src/notice/outbox.js';
import type { AnnotatorRecords } from '../../src/queue/annotator-records.js';
import type { AuditTrail } from '../../src/queue/audit-trail.js';
import { createGoldDesk } from '../../src/queue/gold-desk.js';
import type { GoldStore } from '../../src/queue/gold-store.js';
import { createLabelDesk } from '../../src/queue/label-desk.js';
import type { DeskLease } from '../../src/queue/label-desk.js';
import { createLabelling } from '../../src/queue/labelling.js';
import { alwaysShown } from '../../src/queue/pre-annotation.js';
import type { RelabelQueue, TaskReader } from '../../src/queue/relabel-queue.js';
import { defaultRules } from '../../src/queue/rules.js';
import type { TaskGovernor } from '../../src/queue/task-governor.js';
import type { Task } from '../../src/queue/task.js';
import { labelledTask } from '../fixtures/labelled-task.js';

const classes = ['cat', 'dog', 'fox', 'wolf'];
const animals: LabelSet = { name: 'animals', version: 1, kind: 'class', classes };

export const expert = annotatorId('expert');

export interface WorkshopStore {
  readonly queue: RelabelQueue & TaskReader & TaskGovernor;
  readonly golds: GoldStore;
  readonly annotators: AnnotatorRecords;
  readonly audit: AuditTrail;
  /** Of a store that tells of failed gold tasks, to one endpoint. */
  readonly outbox: Outbox;
}

/** A queue with pictures whose class is known to the test, an expert, and gold tasks. */
export function workshop(store: WorkshopStore) {
  const clock = { now: Date.UTC(2026, 2, 1) };
  const trouble = { left: 0 };
  const labelSetFor = () => animals;
  const now = () => clock.now;
  const labelling = createLabelling({
    queue: {
      ...store.queue,
      requeue: async (id, order, at) => {
        if (trouble.left > 0) {
          trouble.left -= 1;
          throw new Error('the store is away');
        }
        return store.queue.requeue(id, order, at);
      },
    },
    golds: store.golds,
    records: store.annotators,
    labelSetFor,
    rules: defaultRules,
    shares: { share: 0.1, newcomers: { turns: 30, share: 0.5 } },
    floor: usualFloor,
    preAnnotation: alwaysShown,
    newSecret: () => 'a secret of the test',
  });
  let batches = 0;
  const desk = createLabelDesk({
    queue: labelling.queue,
    reader: labelling.reader,
    admits: labelling.guard.admits,
    labelSetFor,
    now,
    newBatchId: () => batchId(`batch-${++batches}`),
    leaseSeconds: 600,
    maxBatch: 100,
  });
  const goldDesk = createGoldDesk({ ...store, reader: store.queue, labelSetFor, now });

  async function offer(from: number, count: number): Promise<TaskId[]> {
    const contents = Array.from({ length: count }, (_, n) =>
      labelledTask({ event: `event-${from + n}`, source: 'gate-3' }),
    );
    await store.queue.offer(
      contents.map((content) => ({ kind: 'task', content })),
      clock.now,
    );
    return contents.map(({ id }) => id);
  }

  async function lease(annotator: AnnotatorId, limit = 5): Promise<DeskLease> {
    const outcome = await desk.lease({ annotator, limit, filter: {} });
    if (outcome.kind === 'refused') throw outcome.fault;
    return outcome;
  }

  async function answer(annotator: AnnotatorId, task: Task, batch: DeskLease, body: LabelBody) {
    const claim = { taskId: task.id, batchId: batch.batchId, fence: task.fence };
    return desk.submit({ claim, annotator, body });
  }

  return {
    clock,
    /** How often opening a task again goes wrong. */
    trouble,
    labelling,
    desk,
    goldDesk,
    lease,
    answer,
    offer,
    /** Tasks that an expert has labelled, all of them gold now. */
    async makeGold(count: number): Promise<TaskId[]> {
      const ids = await offer(10_000, count);
      while ((await store.queue.stats(clock.now)).byState.pending > 0) {
        const batch = await lease(expert, 100);
        for (const task of batch.tasks) await answer(expert, task, batch, truth(task));
      }
      for (const task of ids) await goldDesk.add({ task, by: expert });
      return ids;
    },
    /** The trial that a task is; undefined of the queue's own. */
    trialOf: (id: TaskId) => store.golds.find(id),
  };
}

/** What is in the picture, by its event. */
export function truth({ eventId }: Pick<Task, 'eventId'>): LabelBody {
  const n = Number(/\d+/u.exec(eventId)?.[0]);
  return { kind: 'class', class: classes[n % classes.length] ?? '' };
}

export function wrong(task: Pick<Task, 'eventId'>): LabelBody {
  const right = truth(task);
  const at = right.kind === 'class' ? classes.indexOf(right.class) : 0;
  return { kind: 'class', class: classes[(at + 1) % classes.length] ?? '' };
}

export const nowhere = taskId('e'.repeat(64));
