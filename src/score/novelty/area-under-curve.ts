/**
 * Area under the receiver operating characteristic: the chance that an outlier scores higher than
 * an ordinary picture, ties counted half. 0..1; NaN where either side is empty.
 */
export function areaUnderCurve(ordinary: readonly number[], outliers: readonly number[]): number {
  if (ordinary.length === 0 || outliers.length === 0) return Number.NaN;
  const ascending = Float64Array.from(ordinary).sort();
  let sum = 0;
  for (const value of outliers) {
    sum += 0.5 * (countBelow(ascending, value, false) + countBelow(ascending, value, true));
  }
  return sum / outliers.length / ascending.length;
}

/** Share of the ordinary pictures that are flagged by the limit that finds 95 % of the outliers. */
export function falseAlarmsAt95(ordinary: readonly number[], outliers: readonly number[]): number {
  if (ordinary.length === 0 || outliers.length === 0) return Number.NaN;
  const ascending = Float64Array.from(outliers).sort();
  const limit = ascending[Math.floor(0.05 * ascending.length)] ?? Infinity;
  return ordinary.filter((value) => value >= limit).length / ordinary.length;
}

function countBelow(ascending: Float64Array, limit: number, orEqual: boolean): number {
  let from = 0;
  let to = ascending.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const value = ascending[middle] ?? Infinity;
    if (value < limit || (orEqual && value === limit)) from = middle + 1;
    else to = middle;
  }
  return from;
}
