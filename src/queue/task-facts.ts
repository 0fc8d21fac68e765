import { predictedClass } from '../score/confidence/class-scores.js';
import type { TaskContent } from './task.js';

/** What filters ask of a task, read off its content. Pure. */

/** The tag that names an event's project. */
const projectTag = 'project';

/** The likeliest class, or the class of the box with the highest score; undefined of none. */
export function topClassOf({ predictions }: Pick<TaskContent, 'predictions'>): string | undefined {
  if (predictions.kind !== 'detection') return predictedClass(predictions);
  let top: { readonly label: string; readonly score: number } | undefined;
  for (const box of predictions.boxes) if (top === undefined || box.score > top.score) top = box;
  return top?.label;
}

/** The event's tag `project`, if it has one. */
export function projectOf({ tags }: Pick<TaskContent, 'tags'>): string | undefined {
  return Object.hasOwn(tags, projectTag) ? tags[projectTag] : undefined;
}

/** Only picked for the control sample: nothing about it was unusual. */
export function isControlOnly({ control, reasons }: TaskContent['decision']): boolean {
  return control && reasons.every((reason) => reason === 'control-sample');
}
