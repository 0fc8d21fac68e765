import type { AccuracyFloor } from '../label/agreement/annotator-quality.js';
import type { AnnotatorId } from '../ids.js';
import { createAnnotatorGuard } from './annotator-guard.js';
import type { AnnotatorGuard } from './annotator-guard.js';
import type { AnnotatorRecords } from './annotator-records.js';
import { goldQueue } from './gold-queue.js';
import type { AnnotatorQueue, GoldQueueOptions } from './gold-queue.js';
import { annotatorReader, staffReader } from './gold-reader.js';
import type { GoldStore } from './gold-store.js';
import { asAnnotated } from './pre-annotation.js';
import type { PreAnnotation } from './pre-annotation.js';
import type { RelabelQueue, TaskReader } from './relabel-queue.js';
import type { TaskGovernor } from './task-governor.js';

/** The queue with gold tasks in it, as the desks and the API use it. */
export interface Labelling {
  /** What annotators do; for the label desk. */
  readonly queue: AnnotatorQueue;
  /** Finds trials too; for the label desk and for who knows of gold tasks. */
  readonly reader: TaskReader;
  /** What one annotator may see. */
  readerFor(annotator: AnnotatorId): TaskReader;
  readonly guard: AnnotatorGuard;
}

export interface LabellingOptions extends Pick<
  GoldQueueOptions,
  'labelSetFor' | 'rules' | 'shares' | 'newSecret'
> {
  readonly queue: RelabelQueue & TaskReader & TaskGovernor;
  readonly golds: GoldStore;
  readonly records: AnnotatorRecords;
  readonly floor: AccuracyFloor;
  readonly preAnnotation: PreAnnotation;
}

export function createLabelling(options: LabellingOptions): Labelling {
  const { queue: own, golds, records, floor, preAnnotation } = options;
  const reader = staffReader(own, golds);
  const queue = goldQueue({
    ...options,
    reader: own,
    answered: (annotator, now) => guard.judge(annotator, now),
  });
  const guard = createAnnotatorGuard({
    golds,
    records,
    queue,
    tasks: own,
    reader,
    governor: own,
    floor,
  });
  return {
    queue,
    reader,
    readerFor(annotator) {
      const seen = annotatorReader(annotator, own, golds);
      return {
        ...seen,
        async find(id) {
          const task = await seen.find(id);
          return task && asAnnotated(task, preAnnotation);
        },
        list: async (filter, page, now) =>
          (await seen.list(filter, page, now)).map((task) => asAnnotated(task, preAnnotation)),
      };
    },
    guard,
  };
}
