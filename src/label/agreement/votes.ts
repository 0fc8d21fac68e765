import { tally } from './coefficient.js';

export interface Vote {
  readonly for: string;
  readonly votes: number;
}

/** Most votes first, of equally many by name. */
export function votesFor(names: readonly string[]): Vote[] {
  return [...tally(names)]
    .map(([name, votes]) => ({ for: name, votes }))
    .sort((a, b) => b.votes - a.votes || (a.for < b.for ? -1 : 1));
}
