import type { Spread } from './detection-statistics.js';

/** The most that is told apart: a measurement must have a finite unusual end. */
export const mostDeviations = 20;

/**
 * Where all of a reference are alike, a deviation of 0 would make every other value infinitely
 * unusual. On a logarithmic scale, 0.2 is a factor of 1.2.
 */
const leastDeviation = 0.2;

/** How many standard deviations a value on a logarithmic scale is off, either way; 0 to 20. */
export function deviationsOff(value: number, { mean, deviation }: Spread): number {
  return Math.min(mostDeviations, Math.abs(value - mean) / Math.max(leastDeviation, deviation));
}
