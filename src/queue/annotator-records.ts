import type { AnnotatorId, TaskId } from '../ids.js';

/** What is kept of one annotator, beside what they answered. Times are ms since 1970-01-01 UTC. */
export interface AnnotatorRecord {
  readonly annotator: AnnotatorId;
  /** Tasks that they were given, gold tasks included. */
  readonly turns: number;
  /** Oldest first; only the last one may be without `resumed`. */
  readonly pauses: readonly Pause[];
}

/** That an annotator was stopped by their answers to gold tasks, and what followed from it. */
export interface Pause {
  readonly at: number;
  /** A sentence for whoever talks to the annotator. */
  readonly reason: string;
  /** All that they answered after this is opened again; undefined for everything. */
  readonly lastGood: number | undefined;
  /**
   * The tasks that were opened again; undefined until all of them are. Where that was broken off
   * and gone on with, those that were opened at the end.
   */
  readonly reopened: readonly TaskId[] | undefined;
  readonly resumed: Resumption | undefined;
}

export interface Resumption {
  readonly at: number;
  readonly by: AnnotatorId;
  readonly reason: string;
}

/**
 * Keeps the records of annotators. Obligations as of RelabelQueue: durable when it returns,
 * outcomes returned and not thrown but for `store.unavailable`.
 */
export interface AnnotatorRecords {
  /**
   * Counts tasks that an annotator is given, or, below 0, was not given after all; gives back the
   * count before. Calls at the same time get stretches that do not overlap.
   */
  countTurns(annotator: AnnotatorId, tasks: number): Promise<number>;
  /** Undefined for one of whom nothing is kept. */
  find(annotator: AnnotatorId): Promise<AnnotatorRecord | undefined>;
  /** Ordered by name. */
  list(): Promise<readonly AnnotatorRecord[]>;
  /** Stops an annotator who is not paused; one who is stays as they are. Gives the record back. */
  pause(
    annotator: AnnotatorId,
    pause: Pick<Pause, 'at' | 'reason' | 'lastGood'>,
  ): Promise<AnnotatorRecord>;
  /** Notes what was opened again for the pause that began at `at`, once. */
  noteReopened(annotator: AnnotatorId, at: number, tasks: readonly TaskId[]): Promise<void>;
  /** Ends the present pause. */
  resume(annotator: AnnotatorId, resumption: Resumption): Promise<'resumed' | 'not-paused'>;
}

/** The pause that holds now. */
export function presentPause(record: AnnotatorRecord | undefined): Pause | undefined {
  const last = record?.pauses.at(-1);
  return last?.resumed === undefined ? last : undefined;
}
