/**
 * Probabilities of unnormalised class scores: exp(x_i) / sum of exp(x_j). The largest is taken
 * off first, so that no exponential overflows (Goodfellow, Bengio and Courville 2016, 4.1).
 * Sums to 1; empty for no logits.
 */
export function softmax(logits: ArrayLike<number>): number[] {
  let largest = -Infinity;
  for (let i = 0; i < logits.length; i += 1) largest = Math.max(largest, logits[i] ?? largest);
  let sum = 0;
  const exponentials = Array.from({ length: logits.length }, (_, i) => {
    const value = Math.exp((logits[i] ?? -Infinity) - largest);
    sum += value;
    return value;
  });
  return exponentials.map((value) => value / sum);
}
