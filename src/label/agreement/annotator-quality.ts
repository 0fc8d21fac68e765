import type { AnnotatorId, TaskId } from '../../ids.js';
import type { GoldAnswer } from './gold-answer.js';
import { groupBy } from './group-by.js';
import { rate } from './interval.js';
import type { Rate } from './interval.js';
import { percent } from './wording.js';

/** What gold tasks say of one annotator: accuracies with their 95 % intervals. */
export interface AnnotatorQuality {
  readonly annotator: AnnotatorId;
  /** Of whole tasks. */
  readonly tasks: Rate;
  /** Of objects, by the class that the gold label names; in alphabetical order. */
  readonly classes: readonly (Rate & { readonly class: string })[];
}

/** By annotator, in alphabetical order. */
export function annotatorQuality(answers: readonly GoldAnswer[]): AnnotatorQuality[] {
  return groupBy(answers, ({ annotator }) => annotator).map(([annotator, own]) => ({
    annotator,
    tasks: share(own),
    classes: groupBy(
      own.flatMap(({ objects }) => objects),
      (object) => object.class,
    ).map(([name, objects]) => ({ class: name, ...share(objects) })),
  }));
}

export interface AccuracyFloor {
  /** Accuracy that is not good enough, above 0 and below `good`. */
  readonly floor: number;
  /** Accuracy that is good, below 1. */
  readonly good: number;
  /**
   * Evidence at which an annotator is paused: the natural logarithm of how much likelier the
   * answers are from someone at the floor than from someone good. Higher finds the careless later
   * and pauses the good more rarely.
   */
  readonly evidence: number;
}

/**
 * By simulation: who gets 60 % right is paused within 18 gold tasks in 93 of 100 cases; in 100 gold
 * tasks, someone who gets 98 % right is in 3 of 1,000, 95 % in 7 of 100, 90 % in 46 of 100.
 * Gold tasks should be clear ones, which good annotators get right.
 */
export const usualFloor: AccuracyFloor = { floor: 0.75, good: 0.93, evidence: 3.5 };

export interface GoldJudgement {
  /** `watch` from half of the evidence that pauses. */
  readonly kind: 'ok' | 'watch' | 'pause';
  /** Evidence against the annotator, 0 or more; where paused, that at which it was. */
  readonly evidence: number;
  /** Up to the pause, if there is one. */
  readonly tasks: Rate;
  /**
   * When the annotator answered the last gold task up to which nothing spoke against them;
   * undefined if there was none. It is not the last right answer: who guesses is right at times.
   */
  readonly lastGood: number | undefined;
  /** A sentence for whoever has to talk to the annotator. */
  readonly reason: string;
}

/**
 * Judges an annotator by gold tasks, in the order of their answers, since they began or were last
 * reinstated. A cumulative sum of log likelihood ratios of accuracy `floor` against `good`, held at
 * 0 or above, so that a good past does not hide a bad present; whoever reaches `evidence` is
 * paused and stays so. Source: E. S. Page, Continuous inspection schemes, Biometrika 41 (1954)
 * 100-115.
 */
export function judgeGold(
  history: readonly Pick<GoldAnswer, 'right' | 'answeredAt'>[],
  { floor, good, evidence: limit }: AccuracyFloor = usualFloor,
): GoldJudgement {
  const [forRight, forWrong] = [Math.log(floor / good), Math.log((1 - floor) / (1 - good))];
  let evidence = 0;
  let lastGood: number | undefined;
  let held = 0;
  let of = 0;
  for (const { right, answeredAt } of history.toSorted((a, b) => a.answeredAt - b.answeredAt)) {
    evidence = Math.max(0, evidence + (right ? forRight : forWrong));
    of += 1;
    if (right) held += 1;
    if (evidence === 0) lastGood = answeredAt;
    if (evidence >= limit) break;
  }
  const tasks = rate(held, of);
  const kind = evidence >= limit ? 'pause' : evidence >= limit / 2 ? 'watch' : 'ok';
  return { kind, evidence, tasks, lastGood, reason: reasonFor(kind, tasks, floor) };
}

/** The tasks to open again when an annotator is paused: all that they answered after `lastGood`. */
export function tasksToReopen(
  answered: readonly { readonly task: TaskId; readonly answeredAt: number }[],
  { kind, lastGood }: Pick<GoldJudgement, 'kind' | 'lastGood'>,
): TaskId[] {
  if (kind !== 'pause') return [];
  return answered.flatMap(({ task, answeredAt }) =>
    lastGood === undefined || answeredAt > lastGood ? [task] : [],
  );
}

function reasonFor(kind: GoldJudgement['kind'], tasks: Rate, floor: number): string {
  if (tasks.of === 0) return 'No gold task was answered yet.';
  const { held, of, share: right, interval } = tasks;
  const what = `${held} of ${of} gold tasks are right (${percent(right)}, likely ${percent(interval.low)} to ${percent(interval.high)})`;
  switch (kind) {
    case 'ok':
      return `${what}.`;
    case 'watch':
      return `${what}; a few more wrong ones would pause the annotator.`;
    case 'pause':
      return `${what}, and the latest are as of someone at the floor of ${percent(floor)}.`;
  }
}

function share(answers: readonly { readonly right: boolean }[]): Rate {
  return rate(answers.filter(({ right }) => right).length, answers.length);
}
