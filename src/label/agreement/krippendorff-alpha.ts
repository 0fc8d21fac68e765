import { beyondChance, tally } from './coefficient.js';
import type { Coefficient } from './coefficient.js';

/**
 * Krippendorff's alpha for nominal data, at most 1. Each unit lists the answers that it has; those
 * that are missing are left out, and a unit with fewer than two says nothing. With n answers in
 * units of two or more, of which m are in the unit:
 *
 *     observed = sum over units and classes of count * (count - 1) / (m - 1), divided by n
 *     expected = sum over classes of total * (total - 1), divided by n * (n - 1)
 *
 * alpha = 1 - (1 - observed) / (1 - expected). From 0.8 on conclusions are taken as reliable, from
 * 0.667 on as tentative. Source: K. Krippendorff, Computing Krippendorff's alpha-reliability
 * (2011), section C; the limits from Content Analysis (2004), 241.
 */
export function krippendorffAlpha(units: readonly (readonly string[])[]): Coefficient {
  const pairable = units.filter(({ length }) => length >= 2);
  const answers = pairable.reduce((sum, { length }) => sum + length, 0);
  let agreeing = 0;
  for (const unit of pairable) {
    for (const count of tally(unit).values()) agreeing += (count * (count - 1)) / (unit.length - 1);
  }
  let byChance = 0;
  for (const total of tally(pairable.flat()).values()) byChance += total * (total - 1);
  return beyondChance(agreeing / answers, byChance / (answers * (answers - 1)), pairable.length);
}
