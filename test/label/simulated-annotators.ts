import { createHash } from 'node:crypto';
import { annotatorId } from '../../src/ids.js';
import type { AnnotatorId } from '../../src/ids.js';
import type { Rating } from '../../src/label/agreement/dawid-skene.js';
import { seeded } from '../fixtures/planes.js';

/** Numbers in [0, 1), the same for the same seed; quick enough for whole populations. */
export function quickRandom(seed: string): () => number {
  return seeded(createHash('sha256').update(seed).digest().readUInt32BE(0));
}

const animals = ['cat', 'dog', 'fox', 'wolf'] as const;
type Animal = (typeof animals)[number];

/** A picture; of an ambiguous one nobody can tell which of two classes it shows. */
export interface SimulatedTask {
  readonly name: string;
  readonly truth: Animal;
  readonly alike?: Animal;
}

export interface SimulatedAnnotator {
  readonly name: AnnotatorId;
  /** What they say of a picture. */
  readonly answer: (task: SimulatedTask, random: () => number) => Animal;
}

function any(random: () => number, of: readonly Animal[] = animals): Animal {
  return of[Math.floor(random() * of.length)] ?? 'cat';
}

function wrong(truth: Animal, random: () => number): Animal {
  return any(
    random,
    animals.filter((name) => name !== truth),
  );
}

/** Right in a share of clear pictures, otherwise any other class. */
export function good(name: string, accuracy: number): SimulatedAnnotator {
  return {
    name: annotatorId(name),
    answer: ({ truth, alike }, random) => {
      if (alike !== undefined) return random() < 0.5 ? truth : alike;
      return random() < accuracy ? truth : wrong(truth, random);
    },
  };
}

/** Looks at half of the pictures only and clicks anything for the rest: right in 0.6. */
export function careless(name: string): SimulatedAnnotator {
  const awake = good(name, 0.95);
  return {
    ...awake,
    answer: (task, random) => (random() < 0.5 ? awake.answer(task, random) : any(random)),
  };
}

/** Calls most wolves dogs. */
export function biased(name: string): SimulatedAnnotator {
  const fair = good(name, 0.93);
  return {
    ...fair,
    answer: (task, random) =>
      task.truth === 'wolf' && random() < 0.8 ? 'dog' : fair.answer(task, random),
  };
}

/** Says something wrong on purpose, nine times in ten. */
export function malicious(name: string): SimulatedAnnotator {
  return {
    name: annotatorId(name),
    answer: ({ truth }, random) => (random() < 0.9 ? wrong(truth, random) : truth),
  };
}

/** Three good ones, and one of each other sort. */
export const crew: readonly SimulatedAnnotator[] = [
  good('good 1', 0.9),
  good('good 2', 0.92),
  good('good 3', 0.88),
  careless('careless'),
  biased('biased'),
  malicious('malicious'),
];

/** The same three bad ones among six good ones. */
export const largeCrew: readonly SimulatedAnnotator[] = [
  ...crew,
  good('good 4', 0.91),
  good('good 5', 0.9),
  good('good 6', 0.93),
];

export interface Simulation {
  readonly tasks: readonly SimulatedTask[];
  readonly ratings: readonly Rating[];
}

/** Every task gets the opinions of `overlap` annotators, drawn anew for each. */
export function simulate(
  seed: string,
  size: { readonly tasks: number; readonly overlap: number; readonly ambiguousShare: number },
  annotators: readonly SimulatedAnnotator[] = crew,
): Simulation {
  const random = quickRandom(seed);
  const tasks = Array.from({ length: size.tasks }, (_, at): SimulatedTask => {
    const truth = any(random);
    const task = { name: `task ${at}`, truth };
    return random() < size.ambiguousShare ? { ...task, alike: wrong(truth, random) } : task;
  });
  const ratings = tasks.flatMap((task) =>
    annotators
      .map((annotator) => ({ annotator, place: random() }))
      .sort((a, b) => a.place - b.place)
      .slice(0, size.overlap)
      .map(({ annotator }) => ({
        unit: task.name,
        annotator: annotator.name,
        class: annotator.answer(task, random),
      })),
  );
  return { tasks, ratings };
}
