import type { LabelProblem } from './label-problem.js';

/**
 * Tells what stands in a list twice. To be called for each place of one list, in their order, with
 * what two of a kind have in common; the problem, if there is one, names the first of them.
 */
export function twinFinder(): (
  key: string,
  place: number,
  field: string,
  problem: (first: number) => string,
) => readonly LabelProblem[] {
  const firstAt = new Map<string, number>();
  return (key, place, field, problem) => {
    const first = firstAt.get(key);
    if (first !== undefined) {
      return [{ field, problem: problem(first), mend: 'Remove one of the two.' }];
    }
    firstAt.set(key, place);
    return [];
  };
}
