import type { FlagRules, SignalFamily } from '../score/signal.js';

/** How scores become a decision; one per model. See docs/configuration.md for the YAML. */
export interface Policy {
  readonly name: string;
  /** How each signal is flagged. */
  readonly flags: FlagRules;
  /** Queue an event when at least this many signals are flagged; 1 or more. */
  readonly minFlags: number;
  /** Weight of a family in the priority; 0 or more, at least one above 0. */
  readonly weights: Readonly<Record<SignalFamily, number>>;
  /** Share of all events queued whatever they score, 0..1. */
  readonly controlSample: number;
}
