import type { AnnotatorId } from '../ids.js';
import { goldOrder, isGoldTurn } from '../label/agreement/gold-draw.js';
import type { GoldRule } from '../label/agreement/gold-draw.js';
import { checkedLabel } from './checked-label.js';
import type { LabelSetFor } from './checked-label.js';
import { hasHandled, newTrial } from './gold.js';
import type { GoldTask, GoldTrial } from './gold.js';
import type { GoldStore } from './gold-store.js';
import { matchesFilter } from './matches-filter.js';
import type { LeaseFilter, TaskReader } from './relabel-queue.js';
import { isFreeFor } from './transitions.js';

export interface GoldDraws {
  readonly golds: Pick<GoldStore, 'trials'>;
  readonly reader: Pick<TaskReader, 'find'>;
  readonly labelSetFor: LabelSetFor;
}

export interface Drawing {
  readonly annotator: AnnotatorId;
  /** Gold tasks that are not retired. */
  readonly inUse: readonly GoldTask[];
  readonly filter: LeaseFilter;
  readonly most: number;
  readonly secret: string;
  readonly now: number;
}

/**
 * Trials that an annotator may be given now: first what came back to the queue unanswered, as any
 * task would, then gold tasks that they never had in their hands, in an order of their own.
 */
export async function drawTrials(
  { golds, reader, labelSetFor }: GoldDraws,
  { annotator, inUse, filter, most, secret, now }: Drawing,
): Promise<readonly GoldTrial[]> {
  const wanted = inUse.filter(({ facts }) => matchesFilter(facts, filter));
  if (wanted.length === 0) return [];
  const met = new Map((await golds.trials({ annotator })).map((trial) => [trial.gold, trial]));
  const drawn: GoldTrial[] = [];
  for (const { task } of wanted) {
    const trial = met.get(task);
    if (drawn.length < most && trial !== undefined && isFreeFor(annotator, trial.standing, now)) {
      drawn.push(trial);
    }
  }
  if (drawn.length === most) return drawn;
  const unmet = new Map(
    wanted
      .filter(({ task, seenBy }) => !met.has(task) && !seenBy.includes(annotator))
      .map((gold) => [gold.task, gold]),
  );
  for (const task of goldOrder(annotator, [...unmet.keys()], secret)) {
    const gold = unmet.get(task);
    const trial = gold && (await trialOf(gold));
    if (trial !== undefined) drawn.push(trial);
    if (drawn.length === most) break;
  }
  return drawn;

  /** Undefined of one whose task is gone, open again, known to the annotator or of an older set. */
  async function trialOf(gold: GoldTask): Promise<GoldTrial | undefined> {
    const task = await reader.find(gold.task);
    if (task?.state !== 'labelled' || hasHandled(annotator, task)) return undefined;
    const { kind } = checkedLabel(task, gold.body, labelSetFor);
    return kind === 'fits' ? newTrial(task, annotator, secret) : undefined;
  }
}

/** Which of an annotator's next `count` turns are gold, the first one being `turn`. */
export function goldTurns(
  annotator: AnnotatorId,
  { turn, count }: { readonly turn: number; readonly count: number },
  rule: GoldRule,
): readonly boolean[] {
  return Array.from({ length: count }, (_, at) => isGoldTurn(annotator, turn + at, rule));
}

/**
 * How many of the trials to give: those whose turn comes before the tasks run out. A batch of
 * trials alone would keep people at a queue that is empty.
 */
export function trialsToGive(
  turns: readonly boolean[],
  { trials, tasks }: { readonly trials: number; readonly tasks: number },
): number {
  let given = 0;
  let taken = 0;
  for (const gold of turns) {
    if (gold && given < trials) given += 1;
    else if (taken < tasks) taken += 1;
    else break;
  }
  return given;
}
