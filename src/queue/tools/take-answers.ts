import type { EdgeminerError } from '../../faults.js';
import type { AnnotatorId, TaskId } from '../../ids.js';
import type { LabelDesk } from '../label-desk.js';
import { longestReason } from '../reason.js';
import type { Claim, TaskReader } from '../relabel-queue.js';
import { stateAt } from '../task.js';
import type { Task, TaskState } from '../task.js';
import { answeredBy, answerUnder } from '../transitions.js';
import type { ToolAnswer, ToolTask } from './tool-answer.js';

/** What became of the answers that came from another tool. */
export interface TakenAnswers {
  labelled: number;
  skipped: number;
  /** Without an answer yet. */
  left: number;
  /** Taken before. */
  known: number;
  /** Came too late: the task is no longer held for them. */
  readonly late: AnswerProblem[];
  readonly refused: AnswerProblem[];
  /** What annotators said besides, which a label has no place for. */
  readonly dropped: { readonly where: string; readonly what: string }[];
}

export interface AnswerProblem {
  readonly where: string;
  /** Undefined where that could not be read. */
  readonly taskId: TaskId | undefined;
  readonly message: string;
  readonly mend: string | undefined;
}

export function nothingTaken(): TakenAnswers {
  return { labelled: 0, skipped: 0, left: 0, known: 0, late: [], refused: [], dropped: [] };
}

export interface AnswerTerms {
  readonly desk: Pick<LabelDesk, 'submit' | 'skip'>;
  readonly reader: Pick<TaskReader, 'find'>;
  /**
   * `as-sent`: under the lease that the task was sent under, as files are imported. Or the name
   * under which a tool holds its tasks: under whatever lease it has now, in the same round.
   */
  readonly under: 'as-sent' | AnnotatorId;
  /** Who a person of the tool is here; the holder where it is undefined. */
  readonly annotatorOf: (person: string) => AnnotatorId | undefined;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
}

/**
 * Hands the answers of one task of a tool to the desk, and notes in `into` what became of each. One
 * bad answer keeps no other out, and what was taken before changes nothing.
 * @throws EdgeminerError what may pass by itself: `store.unavailable`
 */
export async function takeAnswers(
  sent: ToolTask,
  terms: AnswerTerms,
  into: TakenAnswers,
): Promise<void> {
  if (sent.answers.length === 0) into.left += 1;
  for (const answer of sent.answers) {
    // Read anew each time: an answer changes the task.
    const task = await terms.reader.find(sent.taskId);
    const problem = (message: string, mend: string | undefined): AnswerProblem => ({
      where: answer.where,
      taskId: sent.taskId,
      message,
      mend,
    });
    if (task === undefined) {
      into.refused.push(
        problem(
          `there is no task ${sent.taskId}`,
          'Import into the store that it was pulled from.',
        ),
      );
      continue;
    }
    const held = terms.under === 'as-sent' ? asSent(sent, task, terms) : now(sent, task, terms);
    const person = answer.person === undefined ? undefined : terms.annotatorOf(answer.person);
    const outcome = await take(answer, { task, held, person: person ?? held.holder }, terms);
    switch (outcome.kind) {
      case 'labelled':
      case 'skipped':
      case 'left':
      case 'known':
        into[outcome.kind] += 1;
        break;
      case 'late':
        into.late.push(problem(outcome.message, outcome.mend));
        break;
      case 'refused':
        into.refused.push(problem(outcome.message, outcome.mend));
        break;
    }
    if ('dropped' in outcome) {
      into.dropped.push(...outcome.dropped.map((what) => ({ where: answer.where, what })));
    }
  }
}

/** Under which lease an answer is given, and whose that is. */
interface Held {
  readonly claim: Claim | undefined;
  readonly holder: AnnotatorId | undefined;
}

type Outcome =
  | { readonly kind: 'labelled' | 'skipped'; readonly dropped: readonly string[] }
  | { readonly kind: 'left' | 'known' }
  | {
      readonly kind: 'late' | 'refused';
      readonly message: string;
      readonly mend: string | undefined;
    };

async function take(
  answer: ToolAnswer,
  at: {
    readonly task: Task;
    readonly held: Held;
    readonly person: AnnotatorId | undefined;
  },
  { desk, under, now: clock }: AnswerTerms,
): Promise<Outcome> {
  const { task, held, person } = at;
  const read = answer.read(task);
  if (read.kind === 'nothing') return { kind: 'left' };
  if (under !== 'as-sent' && person !== undefined && answeredBy(task).includes(person)) {
    return { kind: 'known' };
  }
  if (read.kind === 'refused') {
    return { kind: 'refused', message: `${read.field} ${read.problem}`, mend: read.mend };
  }
  const { claim, holder } = held;
  if (claim === undefined || holder === undefined) return late(stateAt(task, clock()), under);
  const given = {
    annotator: holder,
    claim: person === undefined || person === holder ? claim : { ...claim, by: person },
  };
  const answered =
    read.kind === 'skip'
      ? await desk.skip({ ...given, reason: read.reason.slice(0, longestReason) })
      : await desk.submit({ ...given, body: read.body });
  switch (answered.kind) {
    case 'refused':
      return ofFault(answered.fault);
    case 'already-completed':
      return { kind: 'known' };
    case 'completed':
      return read.kind === 'skip'
        ? { kind: 'skipped', dropped: [] }
        : { kind: 'labelled', dropped: read.dropped };
  }
}

function ofFault(fault: EdgeminerError): Outcome {
  const { code, message, mend } = fault;
  return { kind: code === 'lease.lost' ? 'late' : 'refused', message, mend };
}

function late(state: TaskState, under: AnswerTerms['under']): Outcome {
  const open = state === 'leased' || state === 'pending';
  const asSentMend = 'Pull the task again, and import before the lease ends.';
  const heldMend = 'Push again: once the tool has the task again, the next sync takes the answer.';
  const openMend = under === 'as-sent' ? asSentMend : heldMend;
  return {
    kind: 'late',
    message: `its lease was lost: the task is ${state} now, and not held for this answer`,
    mend: open ? openMend : 'Requeue the task if it should be answered again.',
  };
}

function asSent({ claim }: ToolTask, task: Task, { now: clock }: AnswerTerms): Held {
  const answered = answerUnder(claim, task);
  if (answered !== undefined) return { claim, holder: answered.annotator };
  const holds = task.lease?.batchId === claim.batchId && stateAt(task, clock()) === 'leased';
  return holds ? { claim, holder: task.lease.annotator } : { claim: undefined, holder: undefined };
}

/** The tool may have let go of a task and leased it again; only another round asks anew. */
function now(sent: ToolTask, task: Task, { under, now: clock }: AnswerTerms): Held {
  const tool = under === 'as-sent' ? undefined : under;
  const { lease, round, fence, id } = task;
  const holds =
    lease !== undefined &&
    lease.annotator === tool &&
    (sent.round ?? round) === round &&
    stateAt(task, clock()) === 'leased';
  return {
    claim: holds ? { taskId: id, batchId: lease.batchId, fence } : undefined,
    holder: tool,
  };
}
