import { EdgeminerError } from '../faults.js';
import type { ModelName, ModelVersion } from '../ids.js';
import type { LabelBody, LabelSet } from '../label/label.js';
import { labelSetKey } from '../label/label-set.js';
import { validateLabel } from '../label/validate-label.js';
import type { LabelProblem } from '../label/label-problem.js';
import type { Task } from './task.js';

/** The label set of a model's configuration entry, if it names one. */
export type LabelSetFor = (model: ModelName, version: ModelVersion) => LabelSet | undefined;

export type CheckedLabel =
  | { readonly kind: 'fits'; readonly body: LabelBody; readonly labelSet: string }
  /** `config.invalid` without a label set, `label.invalid` for what does not fit it. */
  | { readonly kind: 'refused'; readonly fault: EdgeminerError };

/** Holds what somebody sent as a label against the label set of the task's model. */
export function checkedLabel(task: Task, body: unknown, labelSetFor: LabelSetFor): CheckedLabel {
  const labelSet = labelSetFor(task.modelName, task.modelVersion);
  if (labelSet === undefined) return { kind: 'refused', fault: noLabelSet(task) };
  const checked = validateLabel(body, labelSet, task.image);
  return checked.ok
    ? { kind: 'fits', body: checked.body, labelSet: labelSetKey(labelSet) }
    : { kind: 'refused', fault: badLabel(checked.problems) };
}

function noLabelSet({ modelName, modelVersion }: Task): EdgeminerError {
  return new EdgeminerError(
    'config.invalid',
    `model ${modelName} ${modelVersion} has no label set, so its tasks can't be labelled`,
    {
      field: 'models[].labelSet',
      mend: `Name an entry of labelSets in the labelSet of the models entry for ${modelName}, and start again.`,
    },
  );
}

/** Problems in one message; a label with thousands of corners may have as many. */
const mostTold = 50;

function badLabel(problems: readonly LabelProblem[]): EdgeminerError {
  const all = problems
    .slice(0, mostTold)
    .map((one) => `${fieldInBody(one)} ${one.problem}`)
    .join('; ');
  const [first] = problems;
  if (first === undefined) return new EdgeminerError('label.invalid', 'the label does not fit');
  const more = problems.length > mostTold ? `; and ${problems.length - mostTold} more` : '';
  return new EdgeminerError('label.invalid', `${all}${more}`, {
    field: fieldInBody(first),
    mend: first.mend,
  });
}

/** Both the API and the command line take a label as `label` of something. */
function fieldInBody({ field }: LabelProblem): string {
  return field === 'label' ? field : `label.${field}`;
}
