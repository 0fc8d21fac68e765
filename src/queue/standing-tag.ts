import { createHash } from 'node:crypto';
import type { Task } from './task.js';

declare const brand: unique symbol;

/** Names where a task stands; 16 hex digits. Any transition and any renewal makes it another. */
export type StandingTag = string & { readonly [brand]: 'StandingTag' };

export const asStandingTag = (value: string): StandingTag => value as StandingTag;

type Standing = Pick<
  Task,
  'state' | 'round' | 'fence' | 'lease' | 'label' | 'opinions' | 'skips' | 'formerLabels'
>;

/** Opinions, skips and former labels are only ever added to, so that their number names them. */
export function standingTag(standing: Standing): StandingTag {
  const { state, round, fence, lease, label, opinions, skips, formerLabels } = standing;
  const where = [
    state,
    round,
    fence,
    lease?.batchId ?? null,
    lease?.expiresAt ?? null,
    label?.labelledAt ?? null,
    opinions.length,
    skips.length,
    formerLabels.length,
  ];
  const digest = createHash('sha256').update(JSON.stringify(where)).digest('hex');
  return asStandingTag(digest.slice(0, 16));
}
