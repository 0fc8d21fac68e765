/** A model's answer: how sure it was, 0..1, and whether it was right. */
export interface ConfidentAnswer {
  readonly confidence: number;
  readonly right: boolean;
}

/** Of equal width over 0..1, as in Guo et al. 2017. */
const calibrationBins = 15;

/**
 * Expected calibration error (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017, equation 3):
 * the distance between mean confidence and share of right answers, averaged over 15 bins of equal
 * width by how many answers are in each. 0 (as sure as it is right) to 1; 0 for no answers.
 */
export function expectedCalibrationError(answers: readonly ConfidentAnswer[]): number {
  const excess = new Float64Array(calibrationBins);
  for (const { confidence, right } of answers) {
    // The upper edge belongs to a bin: 1 is in the last.
    const bin = Math.min(
      calibrationBins - 1,
      Math.max(0, Math.ceil(confidence * calibrationBins) - 1),
    );
    excess[bin] = (excess[bin] ?? 0) + confidence - (right ? 1 : 0);
  }
  const sum = excess.reduce((total, each) => total + Math.abs(each), 0);
  return answers.length === 0 ? 0 : sum / answers.length;
}
