import { messageOf } from '../../faults.js';
import { scorers as builtIn } from '../registry.js';
import type { Measurement, OwnInput, OwnScorer, Scorer } from '../scorer.js';
import type { AbsentSignal, FlagRules, OwnSignalName } from '../signal.js';
import type { ScoreNeed } from './own-score.js';
import { OutOfTime } from './time-limit.js';

/** Scores of one's own, opened and ready. Whoever opened them closes what they hold. */
export interface OwnScores {
  /** In the order of the settings. */
  readonly scorers: readonly OwnScorer[];
  /** The built-in scorers, then these. */
  readonly all: readonly Scorer[];
  /**
   * What each of `asked` measures. Never rejects: a score that fails is absent, and `onFailure`
   * hears of it.
   */
  measure(
    input: OwnInput,
    asked: readonly OwnScorer[],
  ): Promise<ReadonlyMap<OwnSignalName, Measurement>>;
}

/** Hears each failure of a score. Must not throw. */
export type OnScoreFailure = (name: OwnSignalName, problem: string) => void;

export function createOwnScores(
  scorers: readonly OwnScorer[],
  onFailure: OnScoreFailure,
): OwnScores {
  const measureOne = async (scorer: OwnScorer, input: OwnInput): Promise<Measurement> => {
    const result = await runOwn(scorer, input);
    if (result.kind !== 'failed') return result;
    onFailure(scorer.name, result.problem);
    return { kind: 'absent', why: 'failed' };
  };
  return {
    scorers,
    all: [...builtIn, ...scorers],
    async measure(input, asked) {
      const found = await Promise.all(
        asked.map(async (scorer) => [scorer.name, await measureOne(scorer, input)] as const),
      );
      return new Map(found);
    },
  };
}

/** Those that are not switched off. */
export function askedBy(rules: FlagRules, scorers: readonly OwnScorer[]): readonly OwnScorer[] {
  return scorers.filter(({ name }) => (rules[name] ?? { kind: 'off' }).kind !== 'off');
}

/** What came of running a score of one's own. */
export type OwnResult =
  | Measurement
  | {
      readonly kind: 'failed';
      /** `late`: it may never come back, so that asking again is no use. */
      readonly how: 'threw' | 'out-of-range' | 'late';
      /** What a sentence says of the score, without a full stop. */
      readonly problem: string;
    };

/** Runs a score where its needs are met, and holds what it gives to its range. Never rejects. */
export async function runOwn(
  scorer: OwnScorer,
  input: OwnInput,
  wrote?: Parameters<OwnScorer['run']>[1],
): Promise<OwnResult> {
  for (const need of scorer.needs) {
    const why = lacks(need, input, scorer);
    if (why !== undefined) return { kind: 'absent', why };
  }
  const [low, high] = scorer.range;
  try {
    const found = await scorer.run(input, wrote);
    if (found === undefined) return { kind: 'absent', why: 'does-not-apply' };
    const { raw } = found;
    if (raw >= low && raw <= high) return { kind: 'measured', ...found };
    const problem = `gave ${raw}, outside its range of ${low} to ${high}`;
    return { kind: 'failed', how: 'out-of-range', problem };
  } catch (error) {
    if (error instanceof OutOfTime) return { kind: 'failed', how: 'late', problem: error.message };
    return { kind: 'failed', how: 'threw', problem: `failed: ${messageOf(error)}` };
  }
}

function lacks(
  need: ScoreNeed,
  { plane, predictions, embedding }: OwnInput,
  { embeddingLength }: OwnScorer,
): AbsentSignal['why'] | undefined {
  switch (need) {
    case 'pixels':
      if (plane === undefined) throw new TypeError('pixels are asked for, but not decoded');
      return undefined;
    case 'predictions':
      return predictions.kind === 'none' ? 'no-predictions' : undefined;
    case 'embedding':
      if (typeof embedding === 'string') return embedding;
      if (embeddingLength === undefined || embeddingLength === embedding.length) return undefined;
      return 'embedding-size-differs';
  }
}
