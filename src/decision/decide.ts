import type { ReferenceId } from '../ids.js';
import type { ScoreCard, Signal, SignalFamily } from '../score/signal.js';
import type { Decision, Reason } from './decision.js';
import type { Policy } from './policy.js';

export interface DecisionInput {
  readonly scores: ScoreCard;
  readonly policy: Policy;
  /** What the scores were calibrated against, if anything. */
  readonly reference: ReferenceId | undefined;
  /** Uniform in [0, 1), fixed per event (control-draw.ts): a replay draws the same. */
  readonly draw: number;
}

/**
 * Priority of an event that is queued for the control sample alone. In the middle, because the
 * sample is worth nothing unless it gets labelled whatever else waits.
 */
export const controlPriority = 0.5;

/**
 * Decides what becomes of a scored event: queued if at least `policy.minFlags` signals are
 * flagged, or if it was drawn into the control sample. Pure: the same input, the same decision.
 */
export function decide({ scores, policy, reference, draw }: DecisionInput): Decision {
  const flagged = scores.signals.filter((signal) => signal.flagged);
  const mined = flagged.length >= policy.minFlags;
  const control = draw < policy.controlSample;
  const context = {
    policy: policy.name,
    reference: reference ?? 'no-reference',
    inclusionProbability: mined ? 1 : policy.controlSample,
  } as const;
  if (!mined && !control) return { kind: 'pass', ...context };
  return {
    kind: 'queue',
    ...context,
    reasons: reasonsOf(mined ? flagged : [], control),
    priority: mined ? minedPriority(flagged, policy) : controlPriority,
    control,
  };
}

function reasonsOf(flagged: readonly Signal[], control: boolean): readonly Reason[] {
  const names = flagged.toSorted(byWeight).map((signal) => signal.name);
  return control ? [...names, 'control-sample'] : names;
}

/**
 * What is most surprising first, what another signal explains after all others; ties by name, so that
 * the order never depends on the input's. Edge scores can't tell two signals apart that are both beyond
 * all of the reference's pictures.
 */
function byWeight(a: Signal, b: Signal): number {
  const explained = Number(a.cause !== undefined) - Number(b.cause !== undefined);
  return explained || surpriseOf(b) - surpriseOf(a) || a.name.localeCompare(b.name, 'en');
}

/** Nats; without a reference by the edge score, as if that were one minus a p-value. */
function surpriseOf({ surprise, edgeScore }: Signal): number {
  return surprise ?? -Math.log(Math.max(Number.MIN_VALUE, 1 - edgeScore));
}

/**
 * 1 - the product over the families of (1 - weight * (1 - p)), with each family's most unusual
 * flagged signal, p as improbable as that is, and the weights scaled so that the largest is 1. An
 * event that is unusual in two ways comes before one that is unusual in one way only. A novelty that a
 * quality signal explains is no second way.
 */
function minedPriority(flagged: readonly Signal[], policy: Policy): number {
  const heaviest = Math.max(...Object.values(policy.weights));
  const strongest = new Map<SignalFamily, number>();
  for (const signal of flagged) {
    if (signal.cause !== undefined) continue;
    const unusual = 1 - Math.exp(-surpriseOf(signal));
    strongest.set(signal.family, Math.max(strongest.get(signal.family) ?? 0, unusual));
  }
  let ordinary = 1;
  for (const [family, unusual] of strongest) {
    ordinary *= 1 - (policy.weights[family] / heaviest) * unusual;
  }
  return 1 - ordinary;
}
