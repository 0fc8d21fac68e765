import type { LabelSet } from '../../label/label.js';
import type { Task } from '../task.js';
import type { ToolTask } from './tool-answer.js';

/**
 * A tool in which people label: Label Studio, CVAT. Obligations:
 *
 * - What a task was sent for stands in the tool itself, beside the picture, and is read back from
 *   there: no list of what is where has to be kept, and none can be wrong after a crash.
 * - Every method may be repeated after it failed at any point, and makes nothing twice.
 * - `tool.unavailable` is thrown where the tool does not answer or says that it can't now;
 *   `tool.refused` where it says no.
 * - The composition closes it; close() is idempotent.
 */
export interface AnnotationTool {
  /** Tasks that the tool has, of this label set, with what is finished of them. */
  placed(labelSet: LabelSet): AsyncIterable<ToolTask>;
  /**
   * Shows tasks to the tool's people, with their pictures and what the model suggests: a task whose
   * prediction is hidden comes without it. All are held and of this label set, and none of them is
   * placed in its round.
   */
  place(tasks: readonly PlacedTask[], labelSet: LabelSet): Promise<void>;
  close(): Promise<void>;
}

export interface PlacedTask {
  readonly task: Task;
  /** The picture's bytes; read when they are needed. */
  readonly picture: () => Promise<Uint8Array>;
}
