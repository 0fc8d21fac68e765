import { hidesPrediction, predictionEdit } from '../label/agreement/pre-annotation.js';
import type { LabelBody } from '../label/label.js';
import { isOpenState } from './task.js';
import type { AgainstPrediction, Task } from './task.js';

/** Which annotators see what the model said. */
export interface PreAnnotation {
  /** False hides it from all tasks. */
  readonly show: boolean;
  /** Share of tasks that hide it, so that anchoring can be measured; 0..1, drawn by task id. */
  readonly hideShare: number;
}

export const alwaysShown: PreAnnotation = { show: true, hideShare: 0 };

function isShown({ id }: Pick<Task, 'id'>, { show, hideShare }: PreAnnotation): boolean {
  return show && !hidesPrediction(id, hideShare);
}

/**
 * The task as an annotator sees it. Where the prediction is hidden, it is so until the task has
 * ended, and with it the signals and the reasons of second looks, for they name classes.
 */
export function asAnnotated(task: Task, policy: PreAnnotation): Task {
  if (!isOpenState(task.state) || isShown(task, policy)) return task;
  return {
    ...task,
    predictions: { kind: 'none' },
    scores: { signals: [], absent: [] },
    secondLooks: undefined,
  };
}

/** What an opinion is kept with; undefined where the model said nothing of this kind. */
export function againstPrediction(
  task: Task,
  body: LabelBody,
  policy: PreAnnotation,
): AgainstPrediction | undefined {
  const edit = predictionEdit(body, task.predictions, task.image);
  return edit.kind === 'no-prediction' ? undefined : { shown: isShown(task, policy), edit };
}
