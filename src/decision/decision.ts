import type { ReferenceId } from '../ids.js';
import type { SignalName } from '../score/signal.js';

/** What becomes of an event, and why. The same event, scores and policy decide the same. */
export type Decision = QueueDecision | PassDecision;

export interface QueueDecision extends DecisionContext {
  readonly kind: 'queue';
  /** Flagged signals, what weighed most first; `control-sample` last, where it was drawn. */
  readonly reasons: readonly Reason[];
  /** 0..1; 1 first. */
  readonly priority: number;
  /** Drawn into the control sample (it may be flagged besides). */
  readonly control: boolean;
}

export interface PassDecision extends DecisionContext {
  readonly kind: 'pass';
}

interface DecisionContext {
  readonly policy: string;
  /** The reference that scores were calibrated against, or `no-reference`. */
  readonly reference: ReferenceId | 'no-reference';
  /**
   * Probability with which an event that scores like this is queued: 1 where it is flagged,
   * else the control sample's share. Its inverse weighs the event in unbiased estimates.
   */
  readonly inclusionProbability: number;
}

export type Reason = SignalName | 'control-sample';
