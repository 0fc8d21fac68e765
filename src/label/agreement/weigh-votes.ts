import { confusionRow } from './confusion-prior.js';
import type { AnnotatorSkills, Rating } from './dawid-skene.js';

export interface WeighedVotes {
  /** Probability that the unit shows one class, in the order of `skills.classes`. */
  readonly probabilities: readonly number[];
  /** Probability that it is ambiguous between two; with the others it sums to 1. */
  readonly ambiguous: number;
}

/**
 * What a unit shows, by Bayes, given what annotators said of it and what they are worth: each class,
 * or, for a share of all units, something between two of the classes that were said, where an
 * annotator sees the one or the other with equal chance. Without the ambiguous ones, two skilled
 * annotators against two others would make a unit all but certain, for the model of Dawid and Skene
 * knows no difficult units.
 *
 * Who is not known answers as the skills' prior says; classes that the skills don't know are passed
 * over.
 *
 * @param ambiguousShare Units that are thought to be ambiguous, 0 or more and below 1.
 */
export function weighVotes(
  votes: readonly Pick<Rating, 'annotator' | 'class'>[],
  skills: AnnotatorSkills,
  ambiguousShare = 0,
): WeighedVotes {
  const { classes, classShares } = skills;
  const said = votes.flatMap((vote) => {
    const at = classes.indexOf(vote.class);
    return at < 0 ? [] : [chancesToSay(at, vote.annotator, skills)];
  });
  const clear = classShares.map((share, truth) =>
    logSum([1 - ambiguousShare, share, ...said.map((chances) => chances[truth] ?? 0)]),
  );
  const named = [...new Set(votes.map((vote) => classes.indexOf(vote.class)))].filter(
    (at) => at >= 0,
  );
  const pairs = named.flatMap((one, at) =>
    named.slice(at + 1).map((other) => [one, other] as const),
  );
  // All pairs of classes share the chance, also those that nobody said.
  const perPair = (2 * ambiguousShare) / (classes.length * (classes.length - 1));
  const between = pairs.map(([one, other]) =>
    logSum([perPair, ...said.map((chances) => ((chances[one] ?? 0) + (chances[other] ?? 0)) / 2)]),
  );
  const most = Math.max(...clear, ...between);
  const weights = [...clear, ...between].map((log) => Math.exp(log - most));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const probabilities = weights.slice(0, classes.length).map((weight) => weight / total);
  const rest = weights.slice(classes.length).reduce((sum, weight) => sum + weight, 0);
  return { probabilities, ambiguous: rest / total };
}

/** By true class: the chance that the annotator says this one. */
function chancesToSay(
  said: number,
  annotator: Rating['annotator'],
  { classes, confusions, prior }: AnnotatorSkills,
): number[] {
  const confusion = confusions.get(annotator);
  return classes.map(
    (_, truth) =>
      confusion?.[truth]?.[said] ?? confusionRow([], truth, classes.length, prior)[said] ?? 0,
  );
}

function logSum(factors: readonly number[]): number {
  return factors.reduce((sum, factor) => sum + Math.log(factor), 0);
}
