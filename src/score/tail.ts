/** The share of the reference that tells how the tail falls, and how many that may be. */
const tailShare = 0.2;
const minTail = 5;
const maxTail = 50;

/**
 * The distance to the unusual end that a share `rate` of fresh pictures undercuts, where the
 * sample is too small to hold such a picture: (n + 1) * rate < 1.
 *
 * On the scale -ln(distance) the unusual end is infinitely far, so that the extrapolation never
 * reaches it and a measurement at the very end (a black frame) is always beyond the limit. There
 * the k most unusual of the sample, k = a fifth of it, are taken to exceed the next one by
 * exponentially distributed amounts (Pickands 1975, with shape 0). Their mean excess e is an
 * estimate, so the limit comes from the predictive distribution, which is Lomax's:
 * P(excess > x) = (k + 1) / (n + 1) * (1 + x / (k * e))^-k.
 *
 * @param distances ascending (most unusual first), two or more, none negative.
 * @returns at most the smallest of the sample.
 */
export function extrapolatedDistance(distances: Float64Array, rate: number): number {
  const count = distances.length;
  const closest = distances[0] ?? 0;
  if (closest <= 0) return closest;
  const tail = Math.min(count - 1, maxTail, Math.max(minTail, Math.ceil(tailShare * count)));
  const threshold = distances[tail] ?? closest;
  let excess = 0;
  for (let i = 0; i < tail; i += 1) excess += Math.log(threshold / (distances[i] ?? threshold));
  const mean = excess / tail;
  const reach = tail * mean * (((tail + 1) / ((count + 1) * rate)) ** (1 / tail) - 1);
  // The smallest positive number stands between a limit that underflows and the end itself.
  return Math.min(closest, Math.max(Number.MIN_VALUE, threshold * Math.exp(-reach)));
}
