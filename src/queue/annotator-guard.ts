import { EdgeminerError } from '../faults.js';
import { annotatorId } from '../ids.js';
import type { AnnotatorId, TaskId } from '../ids.js';
import {
  annotatorQuality,
  judgeGold,
  tasksToReopen,
} from '../label/agreement/annotator-quality.js';
import type {
  AccuracyFloor,
  AnnotatorQuality,
  GoldJudgement,
} from '../label/agreement/annotator-quality.js';
import { presentPause } from './annotator-records.js';
import type { AnnotatorRecord, AnnotatorRecords, Pause } from './annotator-records.js';
import { goldAnswers } from './gold.js';
import { pauseBy, sinceResumed } from './gold-failure.js';
import type { AnnotatorQueue } from './gold-queue.js';
import type { GoldStore } from './gold-store.js';
import { refused } from './label-desk.js';
import type { Refused } from './label-desk.js';
import { longestReason, reasonIn } from './reason.js';
import type { TaskReader } from './relabel-queue.js';
import type { TaskGovernor } from './task-governor.js';
import { taskPages } from './task-pages.js';

/**
 * Stops annotators whose answers to gold tasks are not good enough, and opens again what they did
 * since the last good one. What follows from a pause can be broken off at any point; it is gone on
 * with when the annotator asks for tasks, or answers, the next time.
 */
export interface AnnotatorGuard {
  /** `annotator.paused` for one who is given nothing; undefined for all others. */
  admits(annotator: AnnotatorId, now: number): Promise<EdgeminerError | undefined>;
  /** Judges by all gold answers since the annotator began or was last reinstated. */
  judge(annotator: AnnotatorId, now: number): Promise<void>;
  /** Lets a paused annotator go on; their gold answers so far no longer count against them. */
  resume(order: ResumeOrder, now: number): Promise<{ readonly kind: 'resumed' } | Refused>;
  /** All of whom something is known, ordered by name. */
  annotators(): Promise<readonly AnnotatorStanding[]>;
}

export interface ResumeOrder {
  readonly annotator: AnnotatorId;
  readonly by: AnnotatorId;
  /** 1 to 500 characters. */
  readonly reason: string;
}

export interface AnnotatorStanding {
  readonly annotator: AnnotatorId;
  /** Tasks that they were given since there are gold tasks. */
  readonly turns: number;
  readonly judgement: GoldJudgement;
  /** Over all gold answers ever; undefined where there is none. */
  readonly quality: AnnotatorQuality | undefined;
  /** The pause that holds now. */
  readonly pause: Pause | undefined;
  readonly pauses: readonly Pause[];
}

export interface AnnotatorGuardOptions {
  readonly golds: Pick<GoldStore, 'trials'>;
  readonly records: AnnotatorRecords;
  /** What annotators have: what a paused one holds is released here. */
  readonly queue: Pick<AnnotatorQueue, 'release'>;
  /** The queue's own tasks. */
  readonly tasks: Pick<TaskReader, 'list'>;
  /** Knows what annotators hold, trials included. */
  readonly reader: Pick<TaskReader, 'holdings'>;
  readonly governor: Pick<TaskGovernor, 'requeue'>;
  readonly floor: AccuracyFloor;
}

/** Who opens tasks again by itself, in the audit trail. No person goes by this name. */
export const qualityActor: AnnotatorId = annotatorId('edgeminer:quality');

const pageSize = 200;

export function createAnnotatorGuard(options: AnnotatorGuardOptions): AnnotatorGuard {
  const { golds, records, queue, tasks, reader, governor, floor } = options;

  return {
    async admits(annotator, now) {
      const record = await records.find(annotator);
      const pause = presentPause(record) ?? (await judged(annotator, record, now));
      if (pause === undefined) return undefined;
      await carryOut(annotator, pause, now);
      return paused(annotator);
    },

    async judge(annotator, now) {
      const record = await records.find(annotator);
      const pause = presentPause(record) ?? (await judged(annotator, record, now));
      if (pause !== undefined) await carryOut(annotator, pause, now);
    },

    async resume({ annotator, by, reason }, now) {
      const words = reasonIn(reason);
      if (words === undefined) return refused(badReason());
      const record = await records.find(annotator);
      const pause = presentPause(record);
      if (pause === undefined) return refused(notPaused(annotator));
      // Nobody goes on before what they did is open again.
      await carryOut(annotator, pause, now);
      const outcome = await records.resume(annotator, { at: now, by, reason: words });
      return outcome === 'resumed' ? { kind: 'resumed' } : refused(notPaused(annotator));
    },

    async annotators() {
      const trials = await golds.trials({});
      const all = new Map((await records.list()).map((record) => [record.annotator, record]));
      const names = new Set([...all.keys(), ...trials.map(({ annotator }) => annotator)]);
      const answers = goldAnswers(trials);
      const qualities = annotatorQuality(answers);
      return [...names].sort().map((annotator) => {
        const record = all.get(annotator);
        const own = answers.filter((answer) => answer.annotator === annotator);
        return {
          annotator,
          turns: record?.turns ?? 0,
          judgement: judgeGold(sinceResumed(own, record), floor),
          quality: qualities.find((one) => one.annotator === annotator),
          pause: presentPause(record),
          pauses: record?.pauses ?? [],
        };
      });
    },
  };

  /**
   * The pause that the answers call for; undefined where they don't. The answer that pauses is
   * stored with the pause: this is for those of before, and for a floor that was changed since.
   */
  async function judged(
    annotator: AnnotatorId,
    record: AnnotatorRecord | undefined,
    now: number,
  ): Promise<Pause | undefined> {
    const pause = pauseBy(await golds.trials({ annotator }), record, floor, now);
    return pause && presentPause(await records.pause(annotator, pause));
  }

  /** Releases what the annotator holds, and opens again what they did. Safe to repeat. */
  async function carryOut(annotator: AnnotatorId, pause: Pause, now: number): Promise<void> {
    if (pause.reopened !== undefined) return;
    for (const holding of await reader.holdings(now)) {
      if (holding.annotator === annotator) await queue.release(holding.batchId, 'all', now);
    }
    const reopened = await reopen(annotator, pause, now);
    await records.noteReopened(annotator, pause.at, reopened);
  }

  async function reopen(
    annotator: AnnotatorId,
    { lastGood, at }: Pause,
    now: number,
  ): Promise<readonly TaskId[]> {
    const reason = `gold tasks: the annotator was paused at ${new Date(at).toISOString()}`;
    const order = { by: qualityActor, reason, discounting: annotator };
    const reopened: TaskId[] = [];
    const filter = { opinionBy: annotator };
    for await (const page of taskPages(tasks, filter, pageSize, () => now)) {
      const answered = page.flatMap(({ id, round, opinions }) =>
        opinions
          .filter((one) => one.annotator === annotator && one.round === round)
          .map(({ givenAt }) => ({ task: id, answeredAt: givenAt })),
      );
      for (const task of tasksToReopen(answered, { kind: 'pause', lastGood })) {
        const outcome = await governor.requeue(task, order, now);
        if (outcome.kind === 'done') reopened.push(task);
      }
    }
    return reopened;
  }
}

function paused(annotator: AnnotatorId): EdgeminerError {
  return new EdgeminerError('annotator.paused', `${annotator} is paused and gets no tasks`, {
    field: 'annotator',
    mend: 'Talk to a reviewer, who knows why and can let you go on (edgeminer queue resume).',
  });
}

function notPaused(annotator: AnnotatorId): EdgeminerError {
  return new EdgeminerError('annotator.not-paused', `${annotator} is not paused`, {
    field: 'annotator',
    mend: 'See who is paused in the list of annotators.',
  });
}

function badReason(): EdgeminerError {
  return new EdgeminerError('input.invalid', 'to let somebody go on needs a reason', {
    field: 'reason',
    mend: `Say why, in 1 to ${longestReason} characters.`,
  });
}
