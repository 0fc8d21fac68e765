import type { AnnotatorId } from '../ids.js';
import type { Label } from '../label/label.js';
import type { Lease, Task } from './task.js';

/** What a task kept when it took one answer only, and named no rounds. */
export interface EarlierStanding {
  readonly fence: number;
  readonly lease: Omit<Lease, 'leasedAt'> | undefined;
  readonly label: Label | undefined;
  readonly skip: EarlierSkip | undefined;
}

export interface EarlierSkip {
  readonly reason: string;
  readonly annotator: AnnotatorId;
  readonly skippedAt: number;
}

/** The answers of a task that was stored before there were several: at most one, in round 1. */
export function answersOfEarlier({
  fence,
  lease,
  label,
  skip,
}: EarlierStanding): Pick<Task, 'opinions' | 'skips' | 'formerLabels'> {
  if (lease === undefined) return { opinions: [], skips: [], formerLabels: [] };
  const claim = { batchId: lease.batchId, fence, round: 1, heldMs: 0 };
  return {
    opinions:
      label === undefined
        ? []
        : [
            {
              ...claim,
              annotator: label.annotator,
              body: label.body,
              labelSet: label.labelSet,
              givenAt: label.labelledAt,
            },
          ],
    skips: skip === undefined ? [] : [{ ...claim, ...skip }],
    formerLabels: [],
  };
}
