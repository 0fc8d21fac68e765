/** A standard normal deviate out of two uniform numbers in [0, 1), by Box and Muller (1958). */
export function normalDeviate(random: () => number): number {
  // 1 - u keeps the logarithm's argument above 0.
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
