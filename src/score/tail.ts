/**
 * Times the root of the reference's pictures: how many of them tell how the tail falls. Of a fifth of
 * them, most are no tail yet: asked for 1 % over all signals of light and quality, references of 50,
 * 100 and 200 pictures of CIFAR-10 then flagged 2.1, 1.9 and 1.9 % of others; this way 1.7, 1.5 and 1.4 %.
 */
const tailOfRoot = 0.7;
const minTail = 5;

/** As many pictures is it worth to know how such tails usually fall. */
const worthOfUsual = 15;
/** From so many times the usual excess, the reference's pictures are none of the usual kind. */
const mostTimesUsual = 2;

/**
 * The distance to the unusual end that a share `rate` of fresh pictures undercuts, where the
 * sample is too small to hold such a picture: (n + 1) * rate < 1.
 *
 * On the scale -ln(distance) the unusual end is infinitely far, so that the extrapolation never
 * reaches it and a measurement at the very end (a black frame) is always beyond the limit. There
 * the k most unusual of the sample are taken to exceed the next one by exponentially distributed
 * amounts (Pickands 1975, with shape 0). Their mean excess e is an estimate, so the limit comes
 * from the predictive distribution, which is Lomax's:
 * P(excess > x) = (k + 1) / (n + 1) * (1 + x / (a * e))^-a, with a = k.
 *
 * Where it is known what the mean excess usually is, that counts like 15 further pictures of the
 * tail (the conjugate prior): a = k + 15, and e is the mean of all of them. It makes up for most of
 * what five pictures can't tell. A sample that falls less than half as fast knows better.
 *
 * @param distances ascending (most unusual first), two or more, none negative.
 * @param usualExcess `Scorer.usualExcess`.
 * @returns at most the smallest of the sample.
 */
export function extrapolatedDistance(
  distances: Float64Array,
  rate: number,
  usualExcess?: number,
): number {
  const count = distances.length;
  const closest = distances[0] ?? 0;
  if (closest <= 0) return closest;
  const { tail, threshold, excess, known } = tailOf(distances, usualExcess);
  const reach = excess * (((tail + 1) / ((count + 1) * rate)) ** (1 / known) - 1);
  // The smallest positive number stands between a limit that underflows and the end itself.
  return Math.min(closest, Math.max(Number.MIN_VALUE, threshold * Math.exp(-reach)));
}

/**
 * The inverse: how improbable a fresh picture is that comes as near to the unusual end as this, or
 * nearer, as -ln of the probability, nats. By the same tail; at least ln(n + 1), which is what the
 * most unusual of n pictures comes to, and no more than that where the sample's tail has no extent.
 *
 * @param distance less than the smallest of the sample.
 */
export function surpriseBeyond(
  distances: Float64Array,
  distance: number,
  usualExcess?: number,
): number {
  const least = Math.log(distances.length + 1);
  const { tail, threshold, excess, known } = tailOf(distances, usualExcess);
  if (excess <= 0) return least;
  const reach = Math.log(threshold) - Math.log(Math.max(Number.MIN_VALUE, distance));
  return Math.max(least, least - Math.log(tail + 1) + known * Math.log1p(reach / excess));
}

/** The k most unusual, what they exceed, and by how much in all, with what is known of such tails. */
function tailOf(distances: Float64Array, usualExcess: number | undefined) {
  const count = distances.length;
  const tail = Math.min(count - 1, Math.max(minTail, Math.ceil(tailOfRoot * Math.sqrt(count))));
  const threshold = distances[tail] ?? distances[0] ?? 0;
  let excess = 0;
  for (let i = 0; i < tail; i += 1) excess += Math.log(threshold / (distances[i] ?? threshold));
  const isUsual = usualExcess !== undefined && excess <= mostTimesUsual * usualExcess * tail;
  return {
    tail,
    threshold,
    excess: isUsual ? excess + worthOfUsual * usualExcess : excess,
    known: tail + (isUsual ? worthOfUsual : 0),
  };
}
