import { createHmac } from 'node:crypto';
import type { AnnotatorId, TaskId } from '../ids.js';
import { taskId } from '../ids.js';
import type { GoldMarks } from '../label/agreement/gold-answer.js';
import type { LabelBody } from '../label/label.js';
import { projectOf, topClassOf } from './task-facts.js';
import type { Task, TaskContent } from './task.js';
import { newStanding } from './transitions.js';
import type { TaskStanding } from './transitions.js';

/**
 * Gold tasks: tasks whose label is known, mixed in among those that annotators lease. What an
 * annotator leases is not the task itself but a trial: a copy with an id and a standing of its own,
 * which goes through the same state machine. So the queue's task, its label and all that is made of
 * them never see the answer.
 */
export interface GoldTask {
  /** The labelled task whose picture it shows. */
  readonly task: TaskId;
  /** What is right. */
  readonly body: LabelBody;
  /** Name and version of the label set that the label was made for. */
  readonly labelSet: string;
  /** What the filters of a lease are held against. */
  readonly facts: LeaseFacts;
  /** Who must never get it, because they have had the task in their hands. */
  readonly seenBy: readonly AnnotatorId[];
  readonly addedBy: AnnotatorId;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly addedAt: number;
  /** Since when it is given to nobody any more; undefined while it is in use. */
  readonly retiredAt: number | undefined;
}

/** What a lease may ask of a task. */
export interface LeaseFacts extends Pick<
  Task,
  'modelName' | 'sourceId' | 'offeredAt' | 'occurredAt'
> {
  readonly reasons: TaskContent['decision']['reasons'];
  readonly topClass: string | undefined;
  readonly project: string | undefined;
}

/** One annotator's meeting with one gold task. */
export interface GoldTrial {
  /** Of the same form as a task's; drawn from a secret, so that nothing can be told from it. */
  readonly id: TaskId;
  readonly gold: TaskId;
  readonly annotator: AnnotatorId;
  readonly standing: TaskStanding;
  /** There once it was answered with a label. */
  readonly marks: GoldMarks | undefined;
  /** Of what is stored; 0 before it is. Each change raises it by one. */
  readonly revision: number;
}

export function leaseFacts(task: Task): LeaseFacts {
  const { modelName, sourceId, offeredAt, occurredAt, decision } = task;
  const [topClass, project] = [topClassOf(task), projectOf(task)];
  const { reasons } = decision;
  return { modelName, sourceId, offeredAt, occurredAt, reasons, topClass, project };
}

/** A trial as it is before it is leased for the first time. */
export function newTrial(
  gold: Task,
  annotator: AnnotatorId,
  secret: string,
): GoldTrial & { readonly marks: undefined } {
  const digest = createHmac('sha256', secret).update(JSON.stringify(['trial', annotator, gold.id]));
  return {
    id: taskId(digest.digest('hex')),
    gold: gold.id,
    annotator,
    standing: newStanding(gold.overlap),
    marks: undefined,
    revision: 0,
  };
}

/** The trial as a task, as annotators see it: the picture's own facts, the trial's id and fate. */
export function trialAsTask({ id, standing }: GoldTrial, original: Task): Task {
  const { eventId, occurredAt, modelName, modelVersion, sourceId, image } = original;
  const { predictions, tags, scores, decision, offeredAt, duplicates } = original;
  return {
    id,
    eventId,
    occurredAt,
    modelName,
    modelVersion,
    sourceId,
    image,
    predictions,
    tags,
    scores,
    decision,
    ...standing,
    offeredAt,
    duplicates,
  };
}

/** Who gave an answer to the task, in any round, or decided it. */
export function hasHandled(annotator: AnnotatorId, task: Task): boolean {
  const { opinions, skips, label, formerLabels, lease } = task;
  return [...opinions, ...skips, ...formerLabels, label, lease].some(
    (one) => one?.annotator === annotator,
  );
}

/** The marks of all answers of the trials, with whose and when; in the order of the answers. */
export function goldAnswers(trials: readonly GoldTrial[]) {
  return trials
    .flatMap(({ gold, annotator, standing, marks }) => {
      const answeredAt = standing.opinions.at(-1)?.givenAt;
      return marks === undefined || answeredAt === undefined
        ? []
        : [{ ...marks, task: gold, annotator, answeredAt }];
    })
    .sort((a, b) => a.answeredAt - b.answeredAt || (a.task < b.task ? -1 : 1));
}
