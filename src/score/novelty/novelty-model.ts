import type { Spoiling } from '../../image/spoil-plane.js';
import { combined, combinedShares } from './combine.js';
import type { Standard } from './combine.js';
import { detect } from './detectors.js';
import type { Detectors } from './detectors.js';
import { isExposure, needsLogits, noveltyMethods } from './novelty-methods.js';
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
  /** What nine in ten of the reference's pictures stay below by `besides` once spoilt so, in nats. */
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
  /** How far it lies towards each way of spoiling, in nats, farthest first. */
  readonly towards: readonly { readonly kind: Spoiling; readonly surprise: number }[];
  /** Ways that it lies farthest towards, and by which other methods find the reference's as strange. */
  readonly explainedBy: readonly Spoiling[];
}

/** Ways that come this near to the farthest may be the cause as well. */
const nearFarthest = 0.8;

export function measureNovelty(
  model: NoveltyModel,
  embedding: Float32Array,
  logits: Float32Array | undefined,
  nearest: number,
): NoveltyFinding {
  const { scores, towards: surprises } = detect(model.detectors, embedding, logits, nearest);
  const { weights, scale } = weighing(model, scores);
  const found = combinedShares(scores, model.standards, weights);
  const raw = scale * found.mean;
  const rest = besides(scores, found.shares, weights);
  const shares = noveltyMethods
    .map((method, at) => ({ method, share: found.shares[at] ?? 0 }))
    .filter(({ share }) => share > 0);
  shares.sort((a, b) => b.share - a.share);
  const kinds = model.detectors.exposed?.kinds ?? [];
  const towards = kinds.map((kind, at) => ({ kind, surprise: surprises[at] ?? 0 }));
  towards.sort((a, b) => b.surprise - a.surprise);
  const farthest = towards[0]?.surprise ?? 0;
  const explainedBy = towards
    .filter(({ surprise }) => surprise >= nearFarthest * farthest)
    .filter(({ kind }) => rest <= (model.reached[kind] ?? -Infinity))
    .map(({ kind }) => kind);
  return { raw, shares, towards, explainedBy };
}

/**
 * The weighted mean surprise of all methods but the outlier exposure: what is strange about a picture
 * besides its looking spoilt. `shares` are those of `combinedShares` by the same weights.
 */
export function besides(
  scores: MethodScores,
  shares: readonly number[],
  weights: readonly number[],
): number {
  let sum = 0;
  let total = 0;
  for (const [at, method] of noveltyMethods.entries()) {
    if (isExposure(method) || Number.isNaN(scores[at] ?? Number.NaN)) continue;
    sum += shares[at] ?? 0;
    total += weights[at] ?? 0;
  }
  return total > 0 ? sum / total : 0;
}

/** The combination of one picture's methods, whether or not it has logits. */
export function combinedBy(
  model: Weighing & Pick<NoveltyModel, 'standards'>,
  scores: MethodScores,
): number {
  const { weights, scale } = weighing(model, scores);
  return scale * combined(scores, model.standards, weights);
}

type Weighing = Pick<NoveltyModel, 'weights' | 'withoutLogits'>;

function weighing({ weights, withoutLogits }: Weighing, scores: MethodScores) {
  return lacksLogits(weights, scores) ? withoutLogits : { weights, scale: 1 };
}

function lacksLogits(weights: readonly number[], scores: MethodScores): boolean {
  return noveltyMethods.some(
    (method, at) =>
      needsLogits.has(method) && (weights[at] ?? 0) > 0 && Number.isNaN(scores[at] ?? Number.NaN),
  );
}
