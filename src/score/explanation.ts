import type { Standing } from './scorer.js';

/**
 * The second half of an explanation: 'darker than 99.8 % of the 5,000 reference pictures'.
 * `comparison` is the comparative that fits the scorer's unusual end.
 */
export function compared(comparison: string, standing: Standing | undefined): string {
  if (standing === undefined) return 'no reference pictures to compare it with';
  const among = standing.among === undefined ? '' : ` ${standing.among}`;
  const pictures = `${standing.count.toLocaleString('en-US')} reference pictures${among}`;
  if (standing.lessUnusual >= 1) return `${comparison} than all ${pictures}`;
  if (standing.lessUnusual <= 0) return `${comparison} than none of the ${pictures}`;
  // Rounded down: 99.96 % of the pictures is not 100.0 % of them.
  const percent = (Math.floor(standing.lessUnusual * 1000) / 10).toFixed(1);
  return `${comparison} than ${percent} % of the ${pictures}`;
}

/** 0..1 as a percentage: '3.4 %'. */
export function percentage(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
