/** The middle value; of an even number the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  const low = ascending[Math.floor((ascending.length - 1) / 2)] ?? Number.NaN;
  const high = ascending[Math.ceil((ascending.length - 1) / 2)] ?? Number.NaN;
  return low + (high - low) / 2;
}
