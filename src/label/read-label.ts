import type { LabelBody } from './label.js';

/** What was read from another tool's annotation, before it is held against the label set. */
export type ReadLabel =
  | {
      readonly kind: 'label';
      readonly body: LabelBody;
      /** What the annotation said besides and a label has no place for, in words. */
      readonly dropped: readonly string[];
    }
  | { readonly kind: 'skip'; readonly reason: string }
  /** Nobody has looked at the picture yet. */
  | { readonly kind: 'nothing' }
  | ReadProblem;

/** Why an annotation is no label: where, what, and what to do (starting with a verb). */
export interface ReadProblem {
  readonly kind: 'refused';
  /** As the tool writes it: `result[2].value.rotation`, `line 14, <box label="cat">`. */
  readonly field: string;
  readonly problem: string;
  readonly mend: string;
}

export function unreadable(field: string, problem: string, mend: string): ReadProblem {
  return { kind: 'refused', field, problem, mend };
}
