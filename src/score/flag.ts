import type { SignalCalibration } from './calibrate.js';
import type { Scorer } from './scorer.js';
import type { FlagRule } from './signal.js';
import { isBeyond } from './unusual-end.js';

/** A measurement and its edge score, with what they are judged by. */
export interface Judged {
  readonly raw: number;
  readonly edgeScore: number;
  readonly scorer: Scorer;
  /** Undefined where there is nothing to calibrate against. */
  readonly calibration: SignalCalibration | undefined;
}

/**
 * Whether a signal is flagged. Without a calibration there is no false-alarm rate to keep: then
 * the scorer's fixed `fallbackLimit` stands in, and a measurement at the limit is flagged.
 */
export function isFlagged(rule: FlagRule, judged: Judged): boolean {
  const { raw, edgeScore, scorer, calibration } = judged;
  if (rule.kind === 'off') return false;
  if (rule.kind === 'edge-score') return edgeScore >= rule.atLeast;
  // Nothing at all may be flagged, whether there is a reference to tell the rate by or not.
  if (rule.kind === 'false-alarms' && rule.rate <= 0) return false;
  const limit = limitOf(rule, judged);
  return rule.kind === 'false-alarms' && calibration !== undefined
    ? isBeyond(raw, limit, scorer)
    : isAtOrBeyond(raw, limit, scorer);
}

/** The raw limit that a rule comes to. */
export function limitOf(
  rule: Extract<FlagRule, { kind: 'raw' | 'false-alarms' }>,
  { scorer, calibration }: Pick<Judged, 'scorer' | 'calibration'>,
): number {
  return rule.kind === 'raw'
    ? rule.limit
    : (calibration?.limitFor(rule.rate) ?? scorer.fallbackLimit);
}

function isAtOrBeyond(raw: number, limit: number, scorer: Scorer): boolean {
  return raw === limit || isBeyond(raw, limit, scorer);
}
