import { createHash } from 'node:crypto';
import { taskId } from '../ids.js';
import type { EventId, SourceId, TaskId } from '../ids.js';

/** The task of an event: the same event is the same task, however often it is delivered. */
export function taskIdOf(source: SourceId, event: EventId): TaskId {
  return taskId(
    createHash('sha256')
      .update(JSON.stringify([source, event]))
      .digest('hex'),
  );
}
