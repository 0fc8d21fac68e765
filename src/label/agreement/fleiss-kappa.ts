import { beyondChance, tally } from './coefficient.js';
import type { Coefficient } from './coefficient.js';

/**
 * Fleiss' kappa, -1..1, of units that all have the same number n of answers, by whomever. Chance
 * is that all answers are drawn from one distribution of classes:
 *
 *     observed = mean over units of (sum over classes of count * (count - 1)) / (n * (n - 1))
 *     expected = sum over classes of share(class)^2
 *
 * Where numbers of answers differ, use Krippendorff's alpha. Source: J. L. Fleiss, Measuring
 * nominal scale agreement among many raters, Psychological Bulletin 76 (1971) 378-382.
 */
export function fleissKappa(units: readonly (readonly string[])[]): Coefficient {
  const answers = units[0]?.length ?? 0;
  if (units.some(({ length }) => length !== answers)) return { kind: 'absent', why: 'uneven' };
  if (answers < 2) return { kind: 'absent', why: 'no-overlap' };
  let agreeing = 0;
  for (const unit of units) {
    for (const count of tally(unit).values()) agreeing += count * (count - 1);
  }
  const total = units.length * answers;
  let byChance = 0;
  for (const count of tally(units.flat()).values()) byChance += count ** 2;
  return beyondChance(agreeing / (total * (answers - 1)), byChance / total ** 2, units.length);
}
