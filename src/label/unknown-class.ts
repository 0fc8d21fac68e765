import type { LabelSet } from './label.js';
import type { LabelProblem } from './label-problem.js';
import { labelSetKey } from './label-set.js';
import { useInstead } from './nearest-name.js';

/** The problem of a class that the label set does not have, if it is one. */
export function unknownClass(
  name: string,
  field: string,
  labelSet: LabelSet,
): readonly LabelProblem[] {
  if (labelSet.classes.includes(name)) return [];
  const problem = `'${name}' is not in the label set ${labelSetKey(labelSet)}`;
  return [{ field, problem, mend: useInstead(name, labelSet.classes) }];
}
