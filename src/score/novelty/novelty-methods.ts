import type { Spoiling } from '../../image/spoil-plane.js';

/** Ways to tell a picture that is out of distribution; each is higher the stranger it is. */
export const noveltyMethods = [
  'maximum-softmax',
  'maximum-logit',
  'energy',
  'virtual-logit',
  'nearest-neighbours',
  'local-outlier-factor',
  'mahalanobis',
  'mahalanobis-normalised',
  'class-mahalanobis-normalised',
  'degraded-exposure',
  'mixed-exposure',
  'shuffled-exposure',
] as const;

export type NoveltyMethod = (typeof noveltyMethods)[number];

/** Those that need a classifier's logits beside the embedding. */
export const needsLogits: ReadonlySet<NoveltyMethod> = new Set<NoveltyMethod>([
  'maximum-softmax',
  'maximum-logit',
  'energy',
  'virtual-logit',
]);

/**
 * The outlier exposure in parts, each to the ways of spoiling that it is about: what tells two pictures
 * in one hardly tells a bad exposure, and in one sum with twelve others it is lost.
 */
export const exposureParts = {
  'degraded-exposure': (kind) => kind !== 'mixed' && kind !== 'shuffled',
  'mixed-exposure': (kind) => kind === 'mixed',
  'shuffled-exposure': (kind) => kind === 'shuffled',
} as const satisfies Partial<Record<NoveltyMethod, (kind: Spoiling) => boolean>>;

export function isExposure(method: NoveltyMethod): method is keyof typeof exposureParts {
  return Object.hasOwn(exposureParts, method);
}

/** Each method's result, in the order of `noveltyMethods`; NaN where it can't be had. */
export type MethodScores = Float64Array;
