import type { ActorKey } from '../ids.js';
import { judgeGold } from '../label/agreement/annotator-quality.js';
import type { AccuracyFloor } from '../label/agreement/annotator-quality.js';
import type { Notice } from '../notice/notice.js';
import { presentPause } from './annotator-records.js';
import type { AnnotatorRecord, Pause } from './annotator-records.js';
import { goldAnswers } from './gold.js';
import type { GoldTrial } from './gold.js';

/** What a store needs to know of a wrong answer, beside the trial, to store what follows from it. */
export interface GoldFailure {
  /** When it was given. Milliseconds since 1970-01-01 UTC. */
  readonly at: number;
  /**
   * The pause that begins with it; undefined where none does. Asked within the transaction, of all
   * trials of the annotator, the failed one among them, and of what is kept of them. Pure.
   */
  readonly pauseFor: (
    trials: readonly GoldTrial[],
    record: AnnotatorRecord | undefined,
  ) => NewPause | undefined;
}

export type NewPause = Pick<Pause, 'at' | 'reason' | 'lastGood'>;

export function goldFailure(floor: AccuracyFloor, at: number): GoldFailure {
  return { at, pauseFor: (trials, record) => pauseBy(trials, record, floor, at) };
}

/** The pause that the answers of an annotator who is not paused call for, if they do. */
export function pauseBy(
  trials: readonly GoldTrial[],
  record: AnnotatorRecord | undefined,
  floor: AccuracyFloor,
  at: number,
): NewPause | undefined {
  if (presentPause(record) !== undefined) return undefined;
  const { kind, reason, lastGood } = judgeGold(sinceResumed(goldAnswers(trials), record), floor);
  if (kind !== 'pause') return undefined;
  return { at, reason, lastGood: lastGood ?? record?.pauses.at(-1)?.resumed?.at };
}

/** The answers since the annotator was last let go on. */
export function sinceResumed<T extends { readonly answeredAt: number }>(
  answers: readonly T[],
  record: AnnotatorRecord | undefined,
): readonly T[] {
  const from = record?.pauses.at(-1)?.resumed?.at ?? -Infinity;
  return answers.filter(({ answeredAt }) => answeredAt > from);
}

/** What others are told of a failed gold task: the task itself, and not the copy that was given. */
export function failureNotice(
  { gold }: Pick<GoldTrial, 'gold'>,
  annotator: ActorKey,
  /** `sequence`: how many gold tasks this annotator has failed, 1 or more. */
  { sequence, paused }: { readonly sequence: number; readonly paused: boolean },
): Extract<Notice, { event: 'gold.failed' }> {
  return { event: 'gold.failed', sequence, data: { taskId: gold, annotator, paused } };
}
