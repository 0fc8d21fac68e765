import { tally } from './coefficient.js';

/** The class that most votes name; or those that equally many name, in alphabetical order. */
export type Majority =
  | {
      readonly kind: 'majority';
      readonly class: string;
      readonly votes: number;
      /** All votes. */
      readonly of: number;
    }
  | {
      readonly kind: 'tied';
      readonly classes: readonly string[];
      /** Votes for each of them. */
      readonly votes: number;
      readonly of: number;
    }
  | { readonly kind: 'no-votes' };

/** The winner of a vote. Most votes win, even if they are fewer than half: compare `votes` to `of`. */
export function majority(votes: readonly string[]): Majority {
  const counts = tally(votes);
  const most = Math.max(0, ...counts.values());
  const [first, ...others] = [...counts].flatMap(([name, count]) => (count === most ? [name] : []));
  if (first === undefined) return { kind: 'no-votes' };
  const of = votes.length;
  return others.length === 0
    ? { kind: 'majority', class: first, votes: most, of }
    : { kind: 'tied', classes: [first, ...others].sort(), votes: most, of };
}
