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
export function isFlagged(
  rule: FlagRule,
  { raw, edgeScore, scorer, calibration }: Judged,
): boolean {
  switch (rule.kind) {
    case 'off':
      return false;
    case 'edge-score':
      return edgeScore >= rule.atLeast;
    case 'raw':
      return isAtOrBeyond(raw, rule.limit, scorer);
    case 'false-alarms':
      return calibration === undefined
        ? isAtOrBeyond(raw, scorer.fallbackLimit, scorer)
        : isBeyond(raw, calibration.limitFor(rule.rate), scorer);
  }
}

function isAtOrBeyond(raw: number, limit: number, scorer: Scorer): boolean {
  return raw === limit || isBeyond(raw, limit, scorer);
}
