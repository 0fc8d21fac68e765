import type { AnnotatorId } from '../ids.js';
import { chooseGold, isGoldTurn } from '../label/agreement/gold-draw.js';
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
  readonly golds: Pick<GoldStore, 'golds' | 'trials'>;
  readonly reader: Pick<TaskReader, 'find'>;
  readonly labelSetFor: LabelSetFor;
}

export interface Drawing {
  readonly annotator: AnnotatorId;
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
  { annotator, filter, most, secret, now }: Drawing,
): Promise<readonly GoldTrial[]> {
  const inUse = (await golds.golds()).filter(
    (gold) => gold.retiredAt === undefined && matchesFilter(gold.facts, filter),
  );
  if (inUse.length === 0) return [];
  const met = new Map((await golds.trials({ annotator })).map((trial) => [trial.gold, trial]));
  const drawn: GoldTrial[] = [];
  for (const { task } of inUse) {
    const trial = met.get(task);
    if (drawn.length < most && trial !== undefined && isFreeFor(annotator, trial.standing, now)) {
      drawn.push(trial);
    }
  }
  let unmet = inUse.filter(({ task, seenBy }) => !met.has(task) && !seenBy.includes(annotator));
  while (drawn.length < most) {
    const ids = unmet.map(({ task }) => task);
    const chosen = chooseGold(annotator, ids, secret);
    if (chosen === undefined) break;
    const gold = unmet.find(({ task }) => task === chosen);
    unmet = unmet.filter(({ task }) => task !== chosen);
    const trial = gold && (await trialOf(gold));
    if (trial !== undefined) drawn.push(trial);
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
