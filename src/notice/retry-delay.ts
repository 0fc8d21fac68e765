/** The first pause is up to this long, each further one up to twice as long... */
const firstPause = 5000;
/** ...up to this one, after which there is one try more. Milliseconds. */
const longestPause = 24 * 60 * 60 * 1000;

/** The tries that a message gets: 17, over about a day and a half. */
export const maxTries = 2 + Math.ceil(Math.log2(longestPause / firstPause));

export type NextTry =
  | { readonly kind: 'retry'; /** Milliseconds. */ readonly after: number }
  /** All tries are used up. */
  | { readonly kind: 'give-up' };

/**
 * When to try again after `failures` failed tries (1 or more). `draw` is uniform in [0, 1): pauses
 * are spread over their whole length, so that what failed together does not come back together.
 * `asked` is how long the receiver asked to wait, in milliseconds; it is honoured up to a day.
 */
export function nextTry(failures: number, draw: number, asked = 0): NextTry {
  if (failures >= maxTries) return { kind: 'give-up' };
  const longest = Math.min(longestPause, firstPause * 2 ** (failures - 1));
  const after = Math.max(Math.round(draw * longest), Math.min(asked, longestPause));
  return { kind: 'retry', after };
}
