/**
 * What is thought of an annotator before the first answer, as if they had been seen to give
 * `answers` answers to each true class, a share `accuracy` of them right and the others spread
 * over the other classes. It keeps who gave three answers from counting as infallible.
 */
export interface ConfusionPrior {
  /** Pseudo-answers per true class, 0 or more. */
  readonly answers: number;
  /** 0..1 */
  readonly accuracy: number;
}

export const noPrior: ConfusionPrior = { answers: 0, accuracy: 1 };

/** Two answers' worth of a fair annotator: outweighed after about ten real ones. */
export const mildPrior: ConfusionPrior = { answers: 2, accuracy: 0.8 };

/**
 * Shares of the classes said for one true class, from (weighted) counts and the prior. Without
 * either, all classes are as likely.
 */
export function confusionRow(
  counts: ArrayLike<number>,
  truth: number,
  width: number,
  prior: ConfusionPrior,
): number[] {
  const wrong = width > 1 ? (1 - prior.accuracy) / (width - 1) : 0;
  const right = width > 1 ? prior.accuracy : 1;
  const sums = Array.from(
    { length: width },
    (_, said) => (counts[said] ?? 0) + prior.answers * (said === truth ? right : wrong),
  );
  const total = sums.reduce((all, sum) => all + sum, 0);
  return sums.map((sum) => (total > 0 ? sum / total : 1 / width));
}
