import type { AnnotatorId, BatchId, TaskId } from '../ids.js';
import type { GoldFailure } from './gold-failure.js';
import type { GoldTask, GoldTrial } from './gold.js';

/**
 * Keeps gold tasks and what annotators made of them, apart from the queue. Obligations as of
 * RelabelQueue: durable when it returns, safe to repeat, outcomes returned and not thrown but for
 * `store.unavailable`. Gold tasks are some hundreds, and so are the trials of one annotator: both
 * are read whole.
 */
export interface GoldStore {
  /** The secret that trials are drawn by; `made` becomes it where there is none yet. */
  secret(made: string): Promise<string>;
  /** Takes a gold task in use, also one that was retired, with the label as it is now. */
  add(gold: GoldTask): Promise<'added' | 'in-use'>;
  /** Gives it to nobody any more; what was answered stays. */
  retire(task: TaskId, now: number): Promise<'retired' | 'unchanged' | 'unknown'>;
  /** All gold tasks, also retired ones, ordered by task id. */
  golds(): Promise<readonly GoldTask[]>;
  find(id: TaskId): Promise<GoldTrial | undefined>;
  /** Trials of one annotator, or under one batch; all that is named must hold. Ordered by id. */
  trials(of: TrialFilter): Promise<readonly GoldTrial[]>;
  /**
   * Stores a trial whose stored revision is still `trial.revision`, with the next one. False where
   * somebody else was first: nothing was changed. With a `failure`, the answer that the trial
   * holds is wrong: the pause that begins with it, if one does, and the messages that tell of it
   * are stored in the same transaction. Of failures of one annotator at once, each sees those
   * that were stored before it.
   */
  save(trial: GoldTrial, failure?: GoldFailure): Promise<boolean>;
}

export interface TrialFilter {
  readonly annotator?: AnnotatorId;
  /** The batch of the present lease, or of the one that the trial ended under. */
  readonly batchId?: BatchId;
}
