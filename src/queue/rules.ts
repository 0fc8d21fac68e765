import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Reason } from '../decision/decision.js';
import type { ModelName, TaskId } from '../ids.js';
import type { LabelBody } from '../label/label.js';
import type { Opinion, TaskContent } from './task.js';

/** What a store of the queue is opened with: the parts of the state machine that users choose. */
export interface QueueRules {
  /** Opinions that a new task takes; 1 or more. Pure. */
  readonly overlapOf: (content: TaskContent) => number;
  /** Makes one label of all opinions of a round, which are two or more. Pure. */
  readonly settle: (opinions: readonly Opinion[]) => Settlement;
  /** A task ends as skipped once this many people have skipped it in one round; 1 or more. */
  readonly skipsToEnd: number;
}

/** `weights`: the id of those that opinions were weighed by, where they were (weights.ts). */
export type Settlement =
  | { readonly kind: 'agreed'; readonly body: LabelBody; readonly weights?: string }
  /** A person has to decide; `why` says in sentences what about. */
  | { readonly kind: 'disputed'; readonly why?: readonly string[]; readonly weights?: string };

/** Tasks that match all that is named take `opinions` opinions. */
export interface OverlapRule {
  readonly reason?: Reason | undefined;
  readonly modelName?: ModelName | undefined;
  /** 0..1, of the tasks that match; 1 if it is left out. */
  readonly share?: number | undefined;
  /** 1 or more. */
  readonly opinions: number;
}

/** The first rule that matches; one opinion where none does. */
export function overlapBy(rules: readonly OverlapRule[]): QueueRules['overlapOf'] {
  return (content) => {
    const draw = overlapDraw(content.id);
    const rule = rules.find(
      ({ reason, modelName, share = 1 }) =>
        (reason === undefined || content.decision.reasons.includes(reason)) &&
        (modelName === undefined || content.modelName === modelName) &&
        draw < share,
    );
    return rule?.opinions ?? 1;
  };
}

/** Agreed where all say the same; boxes in the same order. */
export function settleUnanimously(opinions: readonly Opinion[]): Settlement {
  const [first, ...others] = opinions;
  return first !== undefined && others.every(({ body }) => isDeepStrictEqual(body, first.body))
    ? { kind: 'agreed', body: first.body }
    : { kind: 'disputed' };
}

export const defaultRules: QueueRules = {
  overlapOf: overlapBy([]),
  settle: settleUnanimously,
  skipsToEnd: 2,
};

/** Uniform in [0, 1), from the task's identity alone, and independent of the control sample's. */
function overlapDraw(id: TaskId): number {
  const digest = createHash('sha256')
    .update(JSON.stringify(['overlap', id]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}
