import { beyondChance, tally } from './coefficient.js';
import type { Coefficient } from './coefficient.js';

/**
 * Cohen's kappa of two annotators who answered the same units, -1..1; each pair is what the one
 * and the other said of one unit. Chance is that each keeps to how often they use each class:
 *
 *     observed = pairs that agree / pairs
 *     expected = sum over classes of share(class, one) * share(class, other)
 *
 * Source: J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological
 * Measurement 20 (1960) 37-46.
 */
export function cohenKappa(pairs: readonly (readonly [string, string])[]): Coefficient {
  const one = tally(pairs.map(([said]) => said));
  const other = tally(pairs.map(([, said]) => said));
  let byChance = 0;
  for (const [name, count] of one) byChance += count * (other.get(name) ?? 0);
  const agreeing = pairs.filter(([a, b]) => a === b).length;
  const { length } = pairs;
  return beyondChance(agreeing / length, byChance / length ** 2, length);
}
