import { compared } from '../explanation.js';
import type { OwnFinding, OwnInput, OwnScorer } from '../scorer.js';
import { ownSignal } from '../signal.js';
import type { SignalFamily } from '../signal.js';
import { fallbackScore } from '../unusual-end.js';
import type { Score, ScoreNeed } from './own-score.js';

/** A score of one's own, with everything but how it measures, and tells of it. */
export type ScoreTraits = Omit<Score, 'measure' | 'describe'>;

/** What of a score is not its own: where it came from. */
export interface ScoreOrigin {
  /** As under `scores`, without the prefix. */
  readonly name: string;
  /** Lower-case hex sha256 of what it is made of. */
  readonly fingerprint: string;
}

/** Makes a scorer like any other of a score of one's own, whose traits were checked before. */
export function ownScorer(
  { name, fingerprint }: ScoreOrigin,
  traits: ScoreTraits,
  { run, limitNote }: Pick<OwnScorer, 'run' | 'limitNote'>,
): OwnScorer {
  const { needs, unit, range, unusual, limit, worsensWith, embeddingLength } = traits;
  const signal = ownSignal(name);
  const comparison = unusual === 'high' ? 'higher' : 'lower';
  return {
    name: signal,
    looksAt: 'own',
    needs,
    fingerprint,
    family: traits.family ?? familyOf(needs),
    unit,
    range,
    unusual,
    fallbackLimit: limit,
    ...(embeddingLength === undefined ? {} : { embeddingLength }),
    ...(worsensWith === undefined ? {} : { worsensWith }),
    uncalibrated: (raw) => fallbackScore(raw, limit, { range, unusual }),
    run,
    ...(limitNote === undefined ? {} : { limitNote }),
    measure: ({ own }) => own?.get(signal) ?? { kind: 'absent', why: 'failed' },
    explain: (raw, standing, note) => {
      const said = note ?? `${name} measures ${figure(raw)} (${unit})`;
      return `${capital(said)}, ${compared(comparison, standing)}.`;
    },
  };
}

/** How a score measures that a module exported. */
export interface ModuleRun {
  readonly run: (input: OwnInput) => OwnFinding | undefined;
  readonly limitNote: string | undefined;
}

/** A score that was exported by a module: given what it asked for, and nothing else. */
export function runOf(score: Score): ModuleRun {
  const run: ModuleRun['run'] = (input) => {
    const raw: unknown = score.measure(inputFor(score.needs, input));
    if (raw === undefined) return undefined;
    if (typeof raw === 'number') return { raw, note: saidOf(score, raw) };
    const given = raw instanceof Promise ? 'a promise' : JSON.stringify(raw);
    throw new TypeError(`measure gave ${given}; it must give a number, or undefined, at once`);
  };
  return { run, limitNote: saidOf(score, score.limit) };
}

function inputFor(
  needs: readonly ScoreNeed[],
  { plane, predictions, embedding }: OwnInput,
): Parameters<Score['measure']>[0] {
  const all = { pixels: plane, predictions, embedding };
  const asked = Object.fromEntries(needs.map((need) => [need, all[need]]));
  // An input that lacks one of them was not given to the score (own-scores.ts).
  return asked as unknown as Parameters<Score['measure']>[0];
}

function familyOf(needs: readonly ScoreNeed[]): SignalFamily {
  if (needs.includes('predictions')) return 'confidence';
  return needs.includes('embedding') ? 'novelty' : 'quality';
}

/** The score's own words; those that are none, or that can't be had, cost no event its score. */
function saidOf(score: Score, raw: number): string | undefined {
  try {
    const said: unknown = score.describe?.(raw);
    return typeof said === 'string' && /^[^\n]*\S[^\n]*$/.test(said)
      ? said.trim().replace(/[.,]$/, '')
      : undefined;
  } catch {
    return undefined;
  }
}

/** Four digits that tell something: 0.1235, 12.35, 1.235e-7. */
function figure(raw: number): string {
  return String(Number(raw.toPrecision(4)));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
