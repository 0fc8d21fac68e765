import type { TaskId } from '../../ids.js';
import type { ReadLabel } from '../../label/read-label.js';
import type { Claim } from '../relabel-queue.js';
import type { Task } from '../task.js';

/** A task as another tool has it, with what people finished there. */
export interface ToolTask {
  /** Where it was found, for messages: `task 3 (id 17)`, `line 14`. */
  readonly where: string;
  readonly taskId: TaskId;
  /** The round that it was sent in; undefined where the tool did not keep it. */
  readonly round: number | undefined;
  /** The lease that it was sent under. */
  readonly claim: Claim;
  /** One of each person, oldest first. */
  readonly answers: readonly ToolAnswer[];
}

export interface ToolAnswer {
  readonly where: string;
  /** Who answered, by the tool's name for them; undefined where it does not say. */
  readonly person: string | undefined;
  /** What they said, of the picture of this task. */
  readonly read: (task: Task) => ReadLabel;
}
