import type { AnnotatorId, TaskId } from '../../ids.js';
import { seededDraw } from './seeded-draw.js';

export interface GoldRule {
  /** Share of an annotator's tasks that are gold, 0..1. */
  readonly share: number;
  /** A higher share at the beginning, while nothing is known of the annotator. */
  readonly newcomers?: {
    /** Tasks that count as the beginning. */
    readonly turns: number;
    /** 0..1 */
    readonly share: number;
  };
  /** A secret: who knows it knows which tasks are gold. */
  readonly seed: string;
}

/** Half of the first 30 tasks, then every tenth: 18 of the first 60. */
export const usualGoldShares: Omit<GoldRule, 'seed'> = {
  share: 0.1,
  newcomers: { turns: 30, share: 0.5 },
};

/**
 * Whether an annotator's next task is a gold one. Turns are cut into blocks of 1 / share, and each
 * block holds one gold task, at a place drawn by the seed: the share is kept, no stretch is without,
 * and the place can't be foretold. The same turn always draws the same.
 *
 * @param turn Tasks that the annotator has been given before, 0 or more.
 */
export function isGoldTurn(annotator: AnnotatorId, turn: number, rule: GoldRule): boolean {
  const { newcomers, seed } = rule;
  if (newcomers !== undefined && turn < newcomers.turns) {
    return isDrawn(turn, newcomers.share, (block) => seededDraw(seed, annotator, 'new', block));
  }
  const since = turn - (newcomers?.turns ?? 0);
  return isDrawn(since, rule.share, (block) => seededDraw(seed, annotator, 'known', block));
}

/**
 * In which order to hand gold tasks out that the annotator has not seen: one of the annotator's
 * own, so that two who talk to each other don't meet the same ones together.
 */
export function goldOrder(
  annotator: AnnotatorId,
  unseen: readonly TaskId[],
  seed: string,
): readonly TaskId[] {
  return unseen
    .map((task) => ({ task, draw: seededDraw(seed, annotator, 'task', task) }))
    .sort((a, b) => a.draw - b.draw)
    .map(({ task }) => task);
}

function isDrawn(turn: number, share: number, draw: (block: number) => number): boolean {
  if (!(share > 0)) return false;
  if (share >= 1) return true;
  const blockOf = (at: number): number => Math.floor(at * share);
  const block = blockOf(turn);
  // Rounding may put the quotient one turn off.
  let first = Math.ceil(block / share);
  while (first > 0 && blockOf(first - 1) === block) first -= 1;
  while (blockOf(first) < block) first += 1;
  let next = Math.ceil((block + 1) / share);
  while (blockOf(next - 1) > block) next -= 1;
  while (blockOf(next) === block) next += 1;
  return turn === first + Math.floor(draw(block) * (next - first));
}
