/**
 * Probabilities of unnormalised class scores: exp(x_i / T) / sum of exp(x_j / T). The largest is
 * taken off first, so that no exponential overflows (Goodfellow, Bengio and Courville 2016, 4.1).
 * Sums to 1; empty for no logits.
 *
 * @param inverse 1 / T, the inverse of the temperature; above 0.
 */
export function softmax(logits: ArrayLike<number>, inverse = 1): number[] {
  const scores = Array.from(logits);
  const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const exponentials = scores.map((score) => Math.exp((score - largest) * inverse));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}
