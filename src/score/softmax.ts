/**
 * Probabilities of unnormalised class scores: exp(x_i / T) / sum of exp(x_j / T). The largest is
 * taken off first, so that no exponential overflows (Goodfellow, Bengio and Courville 2016, 4.1).
 * Sums to 1; empty for no logits.
 *
 * @param inverse 1 / T, the inverse of the temperature; above 0.
 */
export function softmax(logits: ArrayLike<number>, inverse = 1): number[] {
  // In plain loops: a label set may have thousands of classes, and each event has its own logits.
  const values = new Array<number>(logits.length);
  let largest = -Infinity;
  for (let at = 0; at < values.length; at += 1) largest = Math.max(largest, logits[at] ?? 0);
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) {
    const exponential = Math.exp(((logits[at] ?? 0) - largest) * inverse);
    values[at] = exponential;
    sum += exponential;
  }
  for (let at = 0; at < values.length; at += 1) values[at] = (values[at] ?? 0) / sum;
  return values;
}
