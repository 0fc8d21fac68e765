import type { ImageHash, TaskId } from '../ids.js';
import type { TaskState } from './task.js';

/** Who needs which image. Throws `store.unavailable`; the caller retries. */
export interface ImageUses {
  /** Every task that shows one of these images, as of now. */
  usesOf(hashes: readonly ImageHash[]): Promise<readonly ImageUse[]>;
}

export interface ImageUse {
  readonly hash: ImageHash;
  readonly taskId: TaskId;
  /** As it is stored: `leased` also of a lease that has expired. */
  readonly state: TaskState;
  /** The task's last transition. Milliseconds since 1970-01-01 UTC. */
  readonly changedAt: number;
  /** Whether it is a gold task that is given to annotators. */
  readonly gold: boolean;
}
