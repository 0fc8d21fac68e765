import { calibrates } from './calibrate.js';
import type { Calibration } from './calibrate.js';
import { tempered } from './confidence/class-scores.js';
import { isFlagged } from './flag.js';
import { scorers } from './registry.js';
import type { Measurement, Scorer, ScoringInput } from './scorer.js';
import type { AbsentSignal, FlagRule, FlagRules, ScoreCard, Signal } from './signal.js';

/**
 * Every registered scorer on one event: measured, then scored, then flagged. Signals stand in
 * the order of `signalNames`; one that can't be had is listed with why, one that is switched off
 * is neither measured nor listed. Pure. A confidence signal is only calibrated for predictions of
 * the origin that its reference was measured on, and those are tempered as the reference's were.
 */
export function scoreEvent(
  given: ScoringInput,
  calibration: Calibration | undefined,
  rules: FlagRules,
): ScoreCard {
  const signals: Signal[] = [];
  const absent: AbsentSignal[] = [];
  const input = temperedBy(calibration, given);
  for (const scorer of scorers) {
    const rule = rules[scorer.name];
    if (rule.kind === 'off') continue;
    let measured: Measurement;
    if (scorer.looksAt !== 'pixels') measured = scorer.measure(input);
    else if (input.plane !== undefined) measured = scorer.measure({ ...input, plane: input.plane });
    else throw new TypeError(`${scorer.name} is asked for, but the image was not decoded`);
    if (measured.kind === 'absent') absent.push({ name: scorer.name, why: measured.why });
    else signals.push(signalOf(measured, scorer, input, calibration, rule));
  }
  return { signals, absent };
}

function temperedBy(calibration: Calibration | undefined, input: ScoringInput): ScoringInput {
  if (calibration === undefined || calibration.predictionsBy !== input.predictionsBy) return input;
  const { temperature } = calibration;
  return temperature === 1
    ? input
    : { ...input, predictions: tempered(input.predictions, temperature) };
}

function signalOf(
  { raw, note }: Extract<Measurement, { kind: 'measured' }>,
  scorer: Scorer,
  { predictionsBy }: ScoringInput,
  reference: Calibration | undefined,
  rule: FlagRule,
): Signal {
  const calibration =
    reference !== undefined && calibrates(reference, scorer, predictionsBy)
      ? reference.of(scorer.name)
      : undefined;
  const edgeScore = calibration?.edgeScore(raw) ?? scorer.uncalibrated(raw);
  return {
    name: scorer.name,
    family: scorer.family,
    raw,
    edgeScore,
    calibrated: calibration !== undefined,
    flagged: isFlagged(rule, { raw, edgeScore, scorer, calibration }),
    explanation: scorer.explain(raw, calibration?.standing(raw), note),
  };
}

/** Whether any signal that is switched on looks at what is named. */
export function asksFor(what: Scorer['looksAt'], rules: FlagRules): boolean {
  return scorers.some(({ name, looksAt }) => looksAt === what && rules[name].kind !== 'off');
}
