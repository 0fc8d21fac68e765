/** A 95 % interval of a share or of a difference of shares. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** How often something held, out of how many times, with the 95 % interval of the share behind it. */
export interface Rate {
  readonly held: number;
  readonly of: number;
  /** held / of, 0..1; NaN where `of` is 0. */
  readonly share: number;
  readonly interval: Interval;
}

/** Two-sided 95 % of a normal distribution lie within this many deviations of its mean. */
const deviate = 1.959963984540054;

/**
 * Wilson's score interval, 0..1: the shares from which `held` out of `of` would not surprise. It
 * stays within 0..1 and is of use from the first observation; without any it is all of 0..1.
 * Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
 * Journal of the American Statistical Association 22 (1927) 209-212.
 */
export function wilsonInterval(held: number, of: number): Interval {
  if (of === 0) return { low: 0, high: 1 };
  const share = held / of;
  const widening = deviate ** 2 / of;
  const centre = (share + widening / 2) / (1 + widening);
  const half =
    (deviate / (1 + widening)) * Math.sqrt((share * (1 - share)) / of + widening / (4 * of));
  // Exact at the ends, where rounding would leave a trace.
  return {
    low: held === 0 ? 0 : Math.max(0, centre - half),
    high: held === of ? 1 : Math.min(1, centre + half),
  };
}

export function rate(held: number, of: number): Rate {
  return { held, of, share: held / of, interval: wilsonInterval(held, of) };
}

/**
 * The 95 % interval of one share less another of independent samples, -1..1, from Wilson's
 * intervals of both. Source: R. G. Newcombe, Interval estimation for the difference between
 * independent proportions, Statistics in Medicine 17 (1998) 873-890, method 10.
 */
export function differenceInterval(one: Rate, other: Rate): Interval {
  if (one.of === 0 || other.of === 0) return { low: -1, high: 1 };
  const difference = one.share - other.share;
  return {
    low: difference - Math.hypot(one.share - one.interval.low, other.interval.high - other.share),
    high: difference + Math.hypot(one.interval.high - one.share, other.share - other.interval.low),
  };
}
