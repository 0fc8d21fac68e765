import type { Spoiling } from '../../image/spoil-plane.js';
import { combined, surprise } from './combine.js';
import type { Standard } from './combine.js';
import { detect } from './detectors.js';
import type { Detectors } from './detectors.js';
import { needsLogits, noveltyMethods } from './novelty-methods.js';
import type { MethodScores, NoveltyMethod } from './novelty-methods.js';

/** What a reference knows about novelty: fitted methods, and what each of them is worth. */
export interface NoveltyModel {
  readonly detectors: Detectors;
  /** One a method, in the order of `noveltyMethods`. */
  readonly standards: readonly Standard[];
  /** 0..1, of sum 1, in the order of `noveltyMethods`. */
  readonly weights: readonly number[];
  readonly withoutLogits: {
    readonly weights: readonly number[];
    /** Brings the combination to the scale of the one with logits. */
    readonly scale: number;
  };
  /** How well each method told outliers made of the reference from its held-out pictures. */
  readonly figures: readonly MethodFigures[];
  /** The combined score that nine in ten of the reference's pictures stay below once spoilt so. */
  readonly reached: Readonly<Partial<Record<Spoiling, number>>>;
}

/** Areas under the curve, 0..1; NaN where there was nothing to measure it on. */
export interface MethodFigures {
  readonly method: NoveltyMethod | 'combination';
  readonly spoilt: number;
  readonly mixed: number;
  readonly leftOut: number;
}

/** One picture's novelty. */
export interface NoveltyFinding {
  /** The combined score, in nats: see combine.ts. */
  readonly raw: number;
  /** Methods that found it strange, strongest first; surprises in nats times their weight. */
  readonly shares: readonly { readonly method: NoveltyMethod; readonly share: number }[];
  /** Ways of spoiling the reference's own pictures that would have made them as novel. */
  readonly explainedBy: readonly Spoiling[];
}

export function measureNovelty(
  model: NoveltyModel,
  embedding: Float32Array,
  logits: Float32Array | undefined,
  nearest: number,
): NoveltyFinding {
  const scores = detect(model.detectors, embedding, logits, nearest);
  const raw = combinedBy(model, scores);
  const weights = lacksLogits(model.weights, scores) ? model.withoutLogits.weights : model.weights;
  const shares: { method: NoveltyMethod; share: number }[] = [];
  for (const [at, method] of noveltyMethods.entries()) {
    const [weight, value, standard] = [weights[at] ?? 0, scores[at], model.standards[at]];
    if (weight === 0 || value === undefined || standard === undefined || Number.isNaN(value)) {
      continue;
    }
    const share = weight * surprise(value, standard);
    if (share > 0) shares.push({ method, share });
  }
  shares.sort((a, b) => b.share - a.share);
  const explainedBy = Object.entries(model.reached)
    .filter(([, most]) => raw <= most)
    .map(([kind]) => kind as Spoiling);
  return { raw, shares, explainedBy };
}

/** The combination of one picture's methods, whether or not it has logits. */
export function combinedBy(
  {
    standards,
    weights,
    withoutLogits,
  }: Pick<NoveltyModel, 'standards' | 'weights' | 'withoutLogits'>,
  scores: MethodScores,
): number {
  return lacksLogits(weights, scores)
    ? withoutLogits.scale * combined(scores, standards, withoutLogits.weights)
    : combined(scores, standards, weights);
}

function lacksLogits(weights: readonly number[], scores: MethodScores): boolean {
  return noveltyMethods.some(
    (method, at) =>
      needsLogits.has(method) && (weights[at] ?? 0) > 0 && Number.isNaN(scores[at] ?? Number.NaN),
  );
}
