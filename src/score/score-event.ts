import type { Predictions } from '../event/inference-event.js';
import { askedTogether, calibrates } from './calibrate.js';
import type { Calibration, SignalCalibration } from './calibrate.js';
import { classProbabilities } from './confidence/class-probabilities.js';
import { predictedClass, tempered } from './confidence/class-scores.js';
import { percentage } from './explanation.js';
import { isFlagged, limitOf } from './flag.js';
import type { Judged } from './flag.js';
import { causeOf, noveltyDetail } from './novelty/novelty-detail.js';
import { scorers as builtIn } from './registry.js';
import type { Measurement, Scorer, ScoringInput } from './scorer.js';
import type {
  AbsentSignal,
  ByClass,
  FlagRule,
  FlagRules,
  ScoreCard,
  Signal,
  SignalName,
} from './signal.js';

/**
 * Every scorer on one event: measured, then scored, then flagged. Signals stand in
 * the order of the scorers; one that can't be had is listed with why, one that is switched off
 * is neither measured nor listed. Pure. A confidence signal is only calibrated for predictions of
 * the origin that its reference was measured on, and those are tempered as the reference's were.
 */
export function scoreEvent(
  given: ScoringInput,
  calibration: Calibration | undefined,
  rules: FlagRules,
  scorers: readonly Scorer[] = builtIn,
): ScoreCard {
  const found: Found[] = [];
  const absent: AbsentSignal[] = [];
  const judged = withoutStandIn(calibration, given);
  const input = temperedBy(calibration, judged);
  const predicted = predictedClass(input.predictions);
  for (const scorer of scorers) {
    const ruleOf = rules[scorer.name];
    if (ruleOf === undefined || ruleOf.kind === 'off') continue;
    let measured: Measurement;
    if (scorer.looksAt !== 'pixels' && scorer.looksAt !== 'frames')
      measured = scorer.measure(input);
    else if (input.plane !== undefined) measured = scorer.measure({ ...input, plane: input.plane });
    else throw new TypeError(`${scorer.name} is asked for, but the image was not decoded`);
    if (measured.kind === 'absent') {
      absent.push({ name: scorer.name, why: measured.why });
      continue;
    }
    const rule = ruleFor(ruleOf, measured.about ?? predicted);
    if (rule.kind === 'off') continue;
    const holds = calibration !== undefined && calibrates(calibration, scorer, input.predictionsBy);
    const own = holds ? calibration.of(scorer.name, predicted, rateOf(rule)) : undefined;
    const isTempered = input !== judged && scorer.looksAt === 'predictions';
    const aside = isTempered
      ? temperingOf(judged.predictions, calibration?.temperature)
      : undefined;
    found.push({ scorer, measured, rule, calibration: own, aside });
  }
  const shared = sharedRates(found, calibration);
  const signals = found.map((one) => signalOf(one, shared));
  return { signals: withNoveltyDetail(signals, input), absent };
}

/** One signal that could be had, and by what it is judged. */
interface Found {
  readonly scorer: Scorer;
  readonly measured: Extract<Measurement, { kind: 'measured' }>;
  readonly rule: FlagRule;
  readonly calibration: SignalCalibration | undefined;
  /** A sentence that follows the explanation. */
  readonly aside: (() => string) | undefined;
}

function ruleFor(rule: FlagRule | ByClass, about: string | undefined): FlagRule {
  if (rule.kind !== 'by-class') return rule;
  return (about === undefined ? undefined : rule.classes.get(about)) ?? rule.otherwise;
}

/** The rate that decides how many pictures of a source are enough; undefined where none is asked. */
function rateOf(rule: FlagRule): number | undefined {
  if (rule.kind !== 'false-alarms') return undefined;
  return rule.together === true ? askedTogether(rule.rate) : rule.rate;
}

/** By the rate that signals share, the rate that each of them may have alone. */
function sharedRates(
  found: readonly Found[],
  calibration: Calibration | undefined,
): ReadonlyMap<number, number> {
  const sharing = new Map<number, SignalName[]>();
  for (const { scorer, rule, calibration: own } of found) {
    if (rule.kind !== 'false-alarms' || rule.together !== true || own === undefined) continue;
    const names = sharing.get(rule.rate);
    if (names === undefined) sharing.set(rule.rate, [scorer.name]);
    else names.push(scorer.name);
  }
  const alone = new Map<number, number>();
  for (const [rate, names] of sharing)
    alone.set(rate, calibration?.rateOfEach(names, rate) ?? rate);
  return alone;
}

/**
 * Where a reference knows how sure the production model is, the configured ONNX model does not stand
 * in for it at events that bring no predictions: how sure that one is says nothing of it.
 */
function withoutStandIn(calibration: Calibration | undefined, input: ScoringInput): ScoringInput {
  return calibration?.predictionsBy === 'producer' && input.predictionsBy === 'embedder'
    ? { ...input, predictions: { kind: 'none' } }
    : input;
}

function temperedBy(calibration: Calibration | undefined, input: ScoringInput): ScoringInput {
  if (calibration?.predictionsBy !== input.predictionsBy) return input;
  const { temperature } = calibration;
  return temperature === 1
    ? input
    : { ...input, predictions: tempered(input.predictions, temperature) };
}

/** Tempered figures are not the producer's: who compares the two must see why. */
function temperingOf(sent: Predictions, temperature = 1): (() => string) | undefined {
  if (sent.kind !== 'classification') return undefined;
  return () =>
    `Probabilities are tempered by ${temperature.toFixed(2)}; as sent, the likeliest class is at ` +
    `${percentage(classProbabilities(sent)?.best ?? 0)}.`;
}

function signalOf(
  { scorer, measured, rule, calibration, aside }: Found,
  shared: ReadonlyMap<number, number>,
): Signal {
  const { raw, note } = measured;
  const edgeScore = calibration?.edgeScore(raw) ?? scorer.uncalibrated(raw);
  const alone: FlagRule =
    rule.kind === 'false-alarms' && rule.together === true
      ? { kind: 'false-alarms', rate: shared.get(rule.rate) ?? rule.rate }
      : rule;
  const judged: Judged = { raw, edgeScore, scorer, calibration };
  const flagged = isFlagged(alone, judged);
  return {
    name: scorer.name,
    family: scorer.family,
    raw,
    edgeScore,
    calibrated: calibration !== undefined,
    flagged,
    ...(flagged ? whatFlagged(alone, judged) : {}),
    // Of most events nobody reads it, and its words and figures cost as much as a measurement.
    get explanation() {
      const sentence = scorer.explain(raw, calibration?.standing(raw), note);
      return aside === undefined ? sentence : `${sentence} ${aside()}`;
    },
  };
}

function whatFlagged(rule: FlagRule, judged: Judged): Pick<Signal, 'surprise' | 'limit'> {
  const { raw, calibration } = judged;
  const hasLimit = rule.kind === 'false-alarms' || rule.kind === 'raw';
  return {
    ...(calibration === undefined ? {} : { surprise: calibration.surprise(raw) }),
    ...(hasLimit ? { limit: limitOf(rule, judged) } : {}),
  };
}

/** Novelty signals with what weighed, what is near, and the quality signal that explains them. */
function withNoveltyDetail(
  signals: readonly Signal[],
  { novelty, neighbours, items = [] }: ScoringInput,
): readonly Signal[] {
  if (novelty === undefined || typeof neighbours === 'string') return signals;
  const isNovel = ({ family, flagged }: Signal) => family === 'novelty' && flagged;
  if (!signals.some(isNovel)) return signals;
  const cause = causeOf(novelty, signals);
  return signals.map((signal) => {
    if (!isNovel(signal)) return signal;
    const explained = cause === undefined ? signal : { ...signal, cause: cause.signal };
    if (signal.name !== 'out-of-distribution') return explained;
    const detail = noveltyDetail(novelty, neighbours, items, cause);
    return { ...explained, explanation: `${signal.explanation} ${detail}`.trimEnd() };
  });
}

/** Whether any signal that is switched on looks at what is named. */
export function asksFor(
  what: Exclude<Scorer['looksAt'], 'own'> | 'embedding',
  rules: FlagRules,
  scorers: readonly Scorer[] = builtIn,
): boolean {
  return scorers.some((scorer) => {
    if ((rules[scorer.name] ?? { kind: 'off' }).kind === 'off') return false;
    if (scorer.looksAt !== 'own') return scorer.looksAt === what;
    return scorer.needs.some((need) => need === what);
  });
}
