import type { LabelSet } from '../label/label.js';
import { citesLabelSet } from '../label/label-set.js';
import type { LabelProblem } from '../label/label-problem.js';
import { validateLabel } from '../label/validate-label.js';
import type { TaskReader } from './relabel-queue.js';
import type { Task } from './task.js';
import { taskPages } from './task-pages.js';

/** A labelled task whose label does not fit the label set as it is now. */
export interface OutdatedLabel {
  readonly task: Task;
  /** Name and version that it was made against. */
  readonly madeAgainst: string;
  /** At least one. */
  readonly problems: readonly LabelProblem[];
}

/** Tasks in one request. */
const pageSize = 500;

/**
 * The labelled tasks whose label was made against this label set, in whatever version, and does
 * not fit it as it is now. Ordered by task id; tasks may be queued again meanwhile. Of open tasks
 * nothing is said: who answers them now is held to the label set of now.
 */
export async function* outdatedLabels(
  reader: Pick<TaskReader, 'list'>,
  labelSet: LabelSet,
  now: number,
): AsyncGenerator<OutdatedLabel, void, void> {
  for await (const page of taskPages(reader, { state: 'labelled' }, pageSize, () => now)) {
    yield* page.flatMap((task) => outdated(task, labelSet));
  }
}

function outdated(task: Task, labelSet: LabelSet): OutdatedLabel[] {
  const { label, image } = task;
  if (label === undefined || !citesLabelSet(label.labelSet, labelSet.name)) return [];
  const checked = validateLabel(label.body, labelSet, image);
  return checked.ok ? [] : [{ task, madeAgainst: label.labelSet, problems: checked.problems }];
}
