/**
 * Probabilities of unnormalised class scores: exp(x_i / T) / sum of exp(x_j / T). The largest is
 * taken off first, so that no exponential overflows (Goodfellow, Bengio and Courville 2016, 4.1).
 * Sums to 1; empty for no logits.
 *
 * @param inverse 1 / T, the inverse of the temperature; above 0.
 */
export function softmax(logits: ArrayLike<number>, inverse = 1): number[] {
  // In plain loops: a label set may have thousands of classes, and each event has its own logits.
  const values = Array.from(logits);
  let largest = -Infinity;
  for (const value of values) largest = Math.max(largest, value);
  let sum = 0;
  for (const [at, value] of values.entries()) {
    const exponential = Math.exp((value - largest) * inverse);
    values[at] = exponential;
    sum += exponential;
  }
  for (const [at, value] of values.entries()) values[at] = value / sum;
  return values;
}
