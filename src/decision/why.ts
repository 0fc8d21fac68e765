import type { Signal } from '../score/signal.js';

type Explained = Pick<Signal, 'flagged' | 'explanation'> & { readonly name: string };

/** Flagged signals' explanations in the order of the decision's reasons: what weighed most comes first. */
export function whyOf(
  reasons: readonly string[],
  signals: readonly Explained[],
): readonly string[] {
  const place = ({ name }: Explained) => {
    const at = reasons.indexOf(name);
    return at < 0 ? reasons.length : at;
  };
  return signals
    .filter(({ flagged }) => flagged)
    .toSorted((a, b) => place(a) - place(b))
    .map(({ explanation }) => explanation);
}
