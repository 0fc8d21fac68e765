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
export const exposureParts: readonly ExposurePart[] = [
  { method: 'degraded-exposure', isAbout: isDegraded },
  { method: 'mixed-exposure', isAbout: (kind) => kind === 'mixed' },
  { method: 'shuffled-exposure', isAbout: (kind) => kind === 'shuffled' },
];

interface ExposurePart {
  readonly method: NoveltyMethod;
  readonly isAbout: (kind: Spoiling) => boolean;
}

/** Whether a picture spoilt so is badly taken; the others show something else. */
export function isDegraded(kind: Spoiling): boolean {
  return kind !== 'mixed' && kind !== 'shuffled';
}

export function isExposure(method: NoveltyMethod): boolean {
  return exposureParts.some((part) => part.method === method);
}

/** Each method's result, in the order of `noveltyMethods`; NaN where it can't be had. */
export type MethodScores = Float64Array;
