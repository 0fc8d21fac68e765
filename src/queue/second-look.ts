import type { AnnotatorId, ModelName } from '../ids.js';
import { suspiciousLabels } from '../label/agreement/suspicious-labels.js';
import type { SuspiciousLabel } from '../label/agreement/suspicious-labels.js';
import type { TaskReader } from './relabel-queue.js';
import { hasSurvived } from './requeue.js';
import type { TaskGovernor } from './task-governor.js';
import type { Task } from './task.js';
import { taskPages } from './task-pages.js';

export interface SuspectedLabel extends SuspiciousLabel {
  readonly model: ModelName;
}

export interface Suspicions {
  /** Labelled tasks that were looked at. */
  readonly checked: number;
  /** Of these, labels that people have stood by: after a second look, or as adjudicators. */
  readonly settled: number;
  /** The strongest first. */
  readonly suspects: readonly SuspectedLabel[];
}

export interface SecondLookSearch {
  /** All models where it is left out. */
  readonly model?: ModelName | undefined;
  /** Most suspects. */
  readonly limit: number;
  readonly now: number;
}

/** Labels that are compared with one another at once: whole pages. */
const chunk = 10_000;
const pageSize = 500;

/**
 * Walks the labelled tasks, model by model, and names those whose labels something speaks against.
 * At most 10,000 labels are in memory; larger queues are looked at in parts of that size, which
 * are random ones, because task ids are hashes. Pictures' neighbours are not asked: the queue keeps
 * no embeddings.
 */
export async function findSuspicious(
  reader: Pick<TaskReader, 'list' | 'stats'>,
  { model, limit, now }: SecondLookSearch,
): Promise<Suspicions> {
  const models =
    model === undefined
      ? (Object.keys((await reader.stats(now)).byModel).sort() as ModelName[])
      : [model];
  let [checked, settled] = [0, 0];
  let suspects: readonly SuspectedLabel[] = [];
  for (const modelName of models) {
    let part: Task[] = [];
    const filter = { state: 'labelled', modelName } as const;
    for await (const page of taskPages(reader, filter, pageSize, () => now)) {
      part.push(...page);
      if (part.length < chunk) continue;
      take(part, modelName);
      part = [];
    }
    take(part, modelName);
  }
  return { checked, settled, suspects };

  function take(tasks: readonly Task[], modelName: ModelName): void {
    const isSettled = new Set(tasks.filter(hasStood).map(({ id }) => id));
    checked += tasks.length;
    settled += isSettled.size;
    // Labels that stand are compared with, and not suspected.
    const found = suspiciousLabels(
      tasks.flatMap(({ id, label, predictions, image }) =>
        label === undefined
          ? []
          : [{ task: id, body: label.body, predictions, image, neighbours: [] }],
      ),
    )
      .filter(({ task }) => !isSettled.has(task))
      .map((one) => ({ ...one, model: modelName }));
    suspects = [...suspects, ...found].sort((a, b) => b.strength - a.strength).slice(0, limit);
  }
}

/** Sends suspects round again, each with its reasons. Gives back those that were. */
export async function lookAgain(
  governor: Pick<TaskGovernor, 'requeue'>,
  suspects: readonly SuspectedLabel[],
  { by, now }: { readonly by: AnnotatorId; readonly now: number },
): Promise<readonly SuspectedLabel[]> {
  const sent: SuspectedLabel[] = [];
  for (const suspect of suspects) {
    const why = suspect.reasons.map(({ reason }) => reason);
    const kinds = suspect.reasons.map(({ kind }) => kind).join(', ');
    const order = { by, reason: `second look: ${kinds}`, secondLook: why };
    const outcome = await governor.requeue(suspect.task, order, now);
    if (outcome.kind === 'done') sent.push(suspect);
  }
  return sent;
}

function hasStood(task: Task): boolean {
  return task.label?.settledBy === 'adjudication' || hasSurvived(task);
}
