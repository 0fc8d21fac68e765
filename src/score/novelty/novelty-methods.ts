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
  'outlier-exposure',
] as const;

export type NoveltyMethod = (typeof noveltyMethods)[number];

/** Those that need a classifier's logits beside the embedding. */
export const needsLogits: ReadonlySet<NoveltyMethod> = new Set<NoveltyMethod>([
  'maximum-softmax',
  'maximum-logit',
  'energy',
  'virtual-logit',
]);

/** Each method's result, in the order of `noveltyMethods`; NaN where it can't be had. */
export type MethodScores = Float64Array;
