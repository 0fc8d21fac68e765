import { calibrates } from './calibrate.js';
import type { Calibration } from './calibrate.js';
import { isFlagged } from './flag.js';
import { causeOf, noveltyDetail } from './novelty/novelty-detail.js';
import { scorers } from './registry.js';
import type { Measurement, Scorer, ScoringInput } from './scorer.js';
import type { AbsentSignal, FlagRule, FlagRules, ScoreCard, Signal } from './signal.js';

/**
 * Every registered scorer on one event: measured, then scored, then flagged. Signals stand in
 * the order of `signalNames`; one that can't be had is listed with why, one that is switched off
 * is neither measured nor listed. Pure. A confidence signal is only calibrated for predictions of the origin that its reference was measured on.
 */
export function scoreEvent(
  input: ScoringInput,
  calibration: Calibration | undefined,
  rules: FlagRules,
): ScoreCard {
  const signals: Signal[] = [];
  const absent: AbsentSignal[] = [];
  const { plane } = input;
  for (const scorer of scorers) {
    const rule = rules[scorer.name];
    if (rule.kind === 'off') continue;
    let measured: Measurement;
    if (scorer.looksAt !== 'pixels') measured = scorer.measure(input);
    else if (plane !== undefined) measured = scorer.measure({ ...input, plane });
    else throw new TypeError(`${scorer.name} is asked for, but the image was not decoded`);
    if (measured.kind === 'absent') absent.push({ name: scorer.name, why: measured.why });
    else signals.push(signalOf(measured.raw, scorer, input, calibration, rule));
  }
  return { signals: withNoveltyDetail(signals, input), absent };
}

function signalOf(
  raw: number,
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
    explanation: scorer.explain(raw, calibration?.standing(raw)),
  };
}

/** Novelty signals with what weighed, what is near, and the quality signal that explains them. */
function withNoveltyDetail(
  signals: readonly Signal[],
  { novelty, neighbours, items = [] }: ScoringInput,
): readonly Signal[] {
  if (novelty === undefined || typeof neighbours === 'string') return signals;
  const cause = causeOf(novelty, signals);
  return signals.map((signal) => {
    if (signal.family !== 'novelty' || !signal.flagged) return signal;
    const explained = cause === undefined ? signal : { ...signal, cause };
    if (signal.name !== 'out-of-distribution') return explained;
    const detail = noveltyDetail(novelty, neighbours, items, cause);
    return { ...explained, explanation: `${signal.explanation} ${detail}`.trimEnd() };
  });
}

/** Whether any signal that is switched on looks at what is named. */
export function asksFor(what: Scorer['looksAt'], rules: FlagRules): boolean {
  return scorers.some(({ name, looksAt }) => looksAt === what && rules[name].kind !== 'off');
}
