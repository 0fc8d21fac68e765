import type { Rating } from './dawid-skene.js';

/** A unit that was answered: a task, or one object of a task. */
export interface AnsweredUnit {
  readonly answers: readonly Pick<Rating, 'annotator' | 'class'>[];
  /** What the model said of it, if it did. */
  readonly predicted?: string | undefined;
}

/** Two classes that are taken for each other. */
export interface AmbiguousPair {
  /** In alphabetical order. */
  readonly classes: readonly [string, string];
  /** Pairs of answers of two annotators to one unit that say the one and the other. */
  readonly betweenAnnotators: number;
  /** Answers that say the one where the model says the other. */
  readonly againstModel: number;
  /** Those of `betweenAnnotators` among all pairs of answers that name either class, 0..1. */
  readonly share: number;
}

/**
 * Pairs of classes by how often they are confused, most often first; of equally many the greater
 * share first. Confusions between annotators point at the guidelines, those against the model may
 * be the model's own. Counts come first, since they say how many labels better words would mend.
 */
export function ambiguousPairs(units: readonly AnsweredUnit[]): AmbiguousPair[] {
  const between = new Map<string, number>();
  const against = new Map<string, number>();
  const naming = new Map<string, number>();
  for (const { answers, predicted } of units) {
    answers.forEach((one, at) => {
      for (const other of answers.slice(at + 1)) {
        if (one.annotator === other.annotator) continue;
        count(between, keyOf(one.class, other.class));
        for (const name of new Set([one.class, other.class])) count(naming, name);
      }
      if (predicted !== undefined && predicted !== one.class) {
        count(against, keyOf(one.class, predicted));
      }
    });
  }
  const pairs = [...new Set([...between.keys(), ...against.keys()])].flatMap((key) => {
    const [one, other] = JSON.parse(key) as [string, string];
    if (one === other) return [];
    const confused = between.get(key) ?? 0;
    const either = (naming.get(one) ?? 0) + (naming.get(other) ?? 0) - confused;
    const share = either === 0 ? 0 : confused / either;
    const classes = [one, other] as const;
    return [{ classes, betweenAnnotators: confused, againstModel: against.get(key) ?? 0, share }];
  });
  return pairs.sort(
    (a, b) =>
      b.betweenAnnotators + b.againstModel - (a.betweenAnnotators + a.againstModel) ||
      b.share - a.share ||
      (a.classes.join('\n') < b.classes.join('\n') ? -1 : 1),
  );
}

function keyOf(one: string, other: string): string {
  return JSON.stringify(one < other ? [one, other] : [other, one]);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
