import { EdgeminerError } from '../../faults.js';
import type { AnnotatorId, TaskId } from '../../ids.js';
import type { ImageStore } from '../../image/image-store.js';
import { labelSetKey } from '../../label/label-set.js';
import type { LabelSet } from '../../label/label.js';
import type { LabelSetFor } from '../checked-label.js';
import type { LabelDesk } from '../label-desk.js';
import type { LeaseFilter, TaskReader } from '../relabel-queue.js';
import type { Task } from '../task.js';
import { taskPages } from '../task-pages.js';
import type { AnnotationTool } from './annotation-tool.js';
import { nothingTaken, takeAnswers } from './take-answers.js';
import type { TakenAnswers } from './take-answers.js';

/**
 * Between the queue and a tool in which people label. The tool holds its tasks under one name, and
 * each of its people answers in their own. Both methods may be repeated after they failed at any
 * point: what is leased is found in the queue, and what is placed in the tool.
 */
export interface ToolDesk {
  /**
   * Leases up to `limit` tasks for the tool, and places them there. Tasks that an earlier push
   * leased and did not place are placed first, and count.
   * @throws EdgeminerError `tool.unavailable`, `tool.refused`, `store.unavailable`, `input.invalid`
   */
  push(order: { readonly limit: number; readonly filter: LeaseFilter }): Promise<Pushed>;
  /**
   * Renews what the tool holds, and takes in what its people have finished.
   * @throws EdgeminerError as `push` does
   */
  sync(): Promise<Synced>;
}

export interface Pushed {
  /** Now to be seen in the tool, and not before. */
  readonly placed: number;
  /** In the tool already, from an earlier lease in the same round. */
  readonly there: number;
  /** Given back: their models have no label set, so that nobody could label them. */
  readonly unlabelled: number;
  /** Given back: their pictures are not in the image store. */
  readonly lost: readonly TaskId[];
}

export interface Synced extends TakenAnswers {
  /** Tasks that the tool goes on holding. */
  readonly held: number;
}

export interface ToolDeskOptions {
  readonly tool: AnnotationTool;
  /** The name under which it holds tasks. */
  readonly holder: AnnotatorId;
  readonly desk: LabelDesk;
  readonly reader: TaskReader;
  readonly images: Pick<ImageStore, 'get' | 'has'>;
  readonly labelSetFor: LabelSetFor;
  /** All that are in use. */
  readonly labelSets: readonly LabelSet[];
  readonly annotatorOf: (person: string) => AnnotatorId;
  readonly leaseSeconds: number;
  /** Most tasks in one lease. */
  readonly maxBatch: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
}

const pageSize = 1000;

export function createToolDesk(options: ToolDeskOptions): ToolDesk {
  const { tool, holder, desk, reader, images, labelSetFor, leaseSeconds, maxBatch, now } = options;

  return {
    async push({ limit, filter }) {
      const held = await allHeld();
      const there = new Map<string, Set<string>>();
      const isThere = async (task: Task, labelSet: LabelSet): Promise<boolean> => {
        const key = labelSetKey(labelSet);
        const known = there.get(key) ?? (await placedIn(labelSet));
        there.set(key, known);
        return known.has(inRound(task.id, task.round));
      };
      const waiting: Task[] = [];
      for (const task of held) {
        const labelSet = labelSetFor(task.modelName, task.modelVersion);
        if (labelSet === undefined || !(await isThere(task, labelSet))) waiting.push(task);
      }
      const result = { placed: 0, there: 0, unlabelled: 0, lost: [] as TaskId[] };
      await placeAll(waiting, isThere, result);
      for (let lacking = limit - waiting.length; lacking > 0;) {
        const leased = await desk.lease({
          annotator: holder,
          limit: Math.min(lacking, maxBatch),
          filter,
          leaseSeconds,
        });
        if (leased.kind === 'refused') throw leased.fault;
        if (leased.tasks.length === 0) break;
        lacking -= leased.tasks.length;
        await placeAll(leased.tasks, isThere, result);
      }
      return result;
    },

    async sync() {
      // First of all, so that nothing is lost while the tool is asked. What is refused here has just
      // been lost, which its answers will say.
      for (const { batchId } of await holdings()) await desk.renew(batchId, holder, leaseSeconds);
      const taken = nothingTaken();
      const terms = { desk, reader, under: holder, annotatorOf: options.annotatorOf, now };
      for (const labelSet of options.labelSets) {
        for await (const sent of tool.placed(labelSet)) await takeAnswers(sent, terms, taken);
      }
      const held = (await holdings()).reduce((sum, { tasks }) => sum + tasks, 0);
      return { ...taken, held };
    },
  };

  async function holdings() {
    return (await reader.holdings(now())).filter(({ annotator }) => annotator === holder);
  }

  async function allHeld(): Promise<readonly Task[]> {
    const held: Task[] = [];
    for (const { batchId } of await holdings()) {
      const filter = { batchId, state: 'leased' } as const;
      for await (const page of taskPages(reader, filter, pageSize, now)) held.push(...page);
    }
    return held;
  }

  async function placedIn(labelSet: LabelSet): Promise<Set<string>> {
    const found = new Set<string>();
    for await (const { taskId, round = 1 } of tool.placed(labelSet)) {
      found.add(inRound(taskId, round));
    }
    return found;
  }

  async function placeAll(
    tasks: readonly Task[],
    isThere: (task: Task, labelSet: LabelSet) => Promise<boolean>,
    result: { placed: number; there: number; unlabelled: number; lost: TaskId[] },
  ): Promise<void> {
    const groups = new Map<string, { readonly labelSet: LabelSet; readonly tasks: Task[] }>();
    const unfit: Task[] = [];
    for (const task of tasks) {
      const labelSet = labelSetFor(task.modelName, task.modelVersion);
      if (labelSet === undefined) {
        result.unlabelled += 1;
        unfit.push(task);
      } else if (await isThere(task, labelSet)) {
        result.there += 1;
      } else if (!(await images.has(task.image.hash))) {
        result.lost.push(task.id);
        unfit.push(task);
      } else {
        const key = labelSetKey(labelSet);
        const group = groups.get(key) ?? { labelSet, tasks: [] };
        group.tasks.push(task);
        groups.set(key, group);
      }
    }
    await giveBack(unfit);
    for (const group of groups.values()) {
      const placing = group.tasks.map((task) => ({ task, picture: () => pictureOf(task) }));
      await tool.place(placing, group.labelSet);
      result.placed += placing.length;
    }
  }

  async function pictureOf({ id, image }: Task): Promise<Uint8Array> {
    const stored = await images.get(image.hash);
    if (stored !== undefined) return stored.bytes;
    throw new EdgeminerError('image.not-found', `the picture of task ${id} is gone`, {
      field: 'image.hash',
      mend: 'Push again: the task is given back then.',
    });
  }

  async function giveBack(tasks: readonly Task[]): Promise<void> {
    for (const { id, lease } of tasks) {
      if (lease !== undefined) await desk.release(lease.batchId, holder, [id]);
    }
  }
}

function inRound(task: TaskId, round: number): string {
  return `${task}:${round}`;
}
