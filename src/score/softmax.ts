/**
 * Probabilities of unnormalised class scores: exp(x_i) / sum of exp(x_j). The largest is taken
 * off first, so that no exponential overflows (Goodfellow, Bengio and Courville 2016, 4.1).
 * Sums to 1; empty for no logits.
 */
export function softmax(logits: ArrayLike<number>): number[] {
  const scores = Array.from(logits);
  const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}
