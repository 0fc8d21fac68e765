import type { Spoiling } from '../../image/spoil-plane.js';
import { combined, combinedShares } from './combine.js';
import type { Standard } from './combine.js';
import type { Detected, Detectors } from './detectors.js';
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

/** What the model makes of what its detectors found. */
export function findingOf(model: NoveltyModel, detected: Detected): NoveltyFinding {
  return new MeasuredNovelty(model, detected);
}

/** What weighed and what explains it is worked out when it is asked, of few pictures. */
class MeasuredNovelty implements NoveltyFinding {
  readonly raw: number;
  readonly #model: NoveltyModel;
  readonly #detected: Detected;

  constructor(model: NoveltyModel, detected: Detected) {
    this.#model = model;
    this.#detected = detected;
    this.raw = combinedBy(model, detected.scores);
  }

  get shares(): NoveltyFinding['shares'] {
    const { scores } = this.#detected;
    const { weights } = weighing(this.#model, scores);
    const of = combinedShares(scores, this.#model.standards, weights);
    return noveltyMethods
      .map((method, at) => ({ method, share: of[at] ?? 0 }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  get towards(): NoveltyFinding['towards'] {
    const kinds = this.#model.detectors.exposed?.kinds ?? [];
    return kinds
      .map((kind, at) => ({ kind, surprise: this.#detected.towards[at] ?? 0 }))
      .sort((a, b) => b.surprise - a.surprise);
  }

  get explainedBy(): NoveltyFinding['explainedBy'] {
    const rest = besides(this.#detected.scores, this.#model.standards);
    const { towards } = this;
    const farthest = towards[0]?.surprise ?? 0;
    return towards
      .filter(({ surprise }) => surprise >= nearFarthest * farthest)
      .filter(({ kind }) => rest <= (this.#model.reached[kind] ?? -Infinity))
      .map(({ kind }) => kind);
  }
}

/**
 * The mean surprise of the methods that know neither of spoiling nor of logits, in nats: what is strange
 * about a picture besides its looking spoilt. All of them weigh the same, whether there are logits or not.
 */
export function besides(scores: MethodScores, standards: readonly Standard[]): number {
  return combined(scores, standards, besidesWeights);
}

const besidesWeights = noveltyMethods.map((method) =>
  Number(!isExposure(method) && !needsLogits.has(method)),
);

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
  return ofLogits.some((at) => (weights[at] ?? 0) > 0 && Number.isNaN(scores[at] ?? Number.NaN));
}

const ofLogits = noveltyMethods.flatMap((method, at) => (needsLogits.has(method) ? [at] : []));
