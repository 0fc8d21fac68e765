import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical-json.js';
import type { AnnotatorId } from '../ids.js';
import { mildPrior } from '../label/agreement/confusion-prior.js';
import { dawidSkene } from '../label/agreement/dawid-skene.js';
import type { AnnotatorSkills, Rating } from '../label/agreement/dawid-skene.js';
import type { GoldStore } from './gold-store.js';
import type { TaskReader } from './relabel-queue.js';
import type { Task } from './task.js';
import { taskPages } from './task-pages.js';

/** What the annotators of one label set are worth, as learnt at one moment. */
export interface Weights {
  /** `animals@2` */
  readonly labelSet: string;
  /** Lower-case hex sha256 of the skills, names left out; the audit trail names it where they settled a task. */
  readonly id: string;
  /** Tasks with the opinions of several people, and gold tasks, that they were learnt from. */
  readonly tasks: number;
  readonly skills: AnnotatorSkills;
  readonly madeBy: AnnotatorId;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly madeAt: number;
}

/** From fewer tasks than this votes are the better guess. */
const leastTasks = 50;
/** Most tasks per label set; task ids are hashes, so the first ones are a random part. */
const mostTasks = 20_000;
const pageSize = 500;

export interface LearntWeights {
  readonly kind: 'learnt' | 'too-few-tasks';
  readonly weights: Weights;
}

/**
 * Learns by Dawid and Skene from all opinions on single classes, in the order of task ids: of the
 * latest round of each task that several people answered, with what adjudicators decided and what
 * gold tasks show as known. The same opinions give the same weights, to the last digit.
 */
export async function computeWeights(
  reader: Pick<TaskReader, 'list'>,
  golds: Pick<GoldStore, 'golds' | 'trials'>,
  { by, now }: { readonly by: AnnotatorId; readonly now: number },
): Promise<readonly LearntWeights[]> {
  const bySet = new Map<string, Learning>();
  const learning = (labelSet: string): Learning => {
    const known = bySet.get(labelSet);
    if (known !== undefined) return known;
    const made = { units: new Set<string>(), ratings: [], known: new Map<string, string>() };
    bySet.set(labelSet, made);
    return made;
  };
  for await (const page of taskPages(reader, {}, pageSize, () => now)) {
    for (const task of page) learnFrom(task, learning);
  }
  const gold = new Map((await golds.golds()).map((one) => [one.task, one]));
  for (const { gold: task, annotator, standing } of await golds.trials({})) {
    const right = gold.get(task)?.body;
    const said = standing.opinions.at(-1);
    if (right?.kind !== 'class' || said?.body.kind !== 'class') continue;
    const into = learning(said.labelSet);
    const unit = `gold ${task}`;
    into.units.add(unit);
    into.known.set(unit, right.class);
    into.ratings.push({ unit, annotator, class: said.body.class });
  }
  return [...bySet]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([labelSet, { units, ratings, known }]) => {
      const { classes, classShares, confusions, prior } = dawidSkene(ratings, {
        prior: mildPrior,
        known,
      });
      const skills = { classes, classShares, confusions, prior };
      const id = idOf(skills);
      const weights = { labelSet, id, tasks: units.size, skills, madeBy: by, madeAt: now };
      return { kind: units.size >= leastTasks ? 'learnt' : 'too-few-tasks', weights };
    });
}

/** Skills as stores keep them: the map as a list. */
export interface PlainSkills extends Omit<AnnotatorSkills, 'confusions'> {
  readonly confusions: readonly {
    readonly annotator: AnnotatorId;
    readonly rows: readonly (readonly number[])[];
  }[];
}

export function plainSkills(skills: AnnotatorSkills): PlainSkills {
  const { classes, classShares, prior } = skills;
  const confusions = [...skills.confusions].map(([annotator, rows]) => ({ annotator, rows }));
  return { classes, classShares, prior, confusions };
}

export function skillsOf({ confusions, ...rest }: PlainSkills): AnnotatorSkills {
  return {
    ...rest,
    confusions: new Map(confusions.map(({ annotator, rows }) => [annotator, rows])),
  };
}

function idOf(skills: AnnotatorSkills): string {
  const { confusions, ...rest } = plainSkills(skills);
  const nameless = { ...rest, confusions: confusions.map(({ rows }) => rows) };
  return createHash('sha256').update(canonicalJson(nameless)).digest('hex');
}

interface Learning {
  readonly units: Set<string>;
  readonly ratings: Rating[];
  /** The class of units that an adjudicator decided, and of gold tasks. */
  readonly known: Map<string, string>;
}

function learnFrom(task: Task, learning: (labelSet: string) => Learning): void {
  const { id, opinions, label } = task;
  const latest = Math.max(0, ...opinions.map(({ round }) => round));
  const own = opinions.filter(({ round }) => round === latest);
  const [first] = own;
  if (first === undefined || own.length < 2) return;
  const said = own.flatMap(({ annotator, body, labelSet }) =>
    body.kind === 'class' && labelSet === first.labelSet
      ? [{ unit: id, annotator, class: body.class }]
      : [],
  );
  if (said.length < 2) return;
  const into = learning(first.labelSet);
  if (into.units.size >= mostTasks) return;
  into.units.add(id);
  into.ratings.push(...said);
  if (label?.settledBy === 'adjudication' && label.body.kind === 'class') {
    into.known.set(id, label.body.class);
  }
}
