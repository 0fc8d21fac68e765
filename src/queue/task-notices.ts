import type { Notice } from '../notice/notice.js';
import type { Transition } from './audit.js';
import type { TaskContent } from './task.js';

/** What a step of the state machine tells others; nothing of most. */
export function noticeOf(
  {
    id,
    eventId,
    sourceId,
    modelName,
    modelVersion,
  }: Pick<TaskContent, 'id' | 'eventId' | 'sourceId' | 'modelName' | 'modelVersion'>,
  { to, round }: Pick<Transition, 'to' | 'round'>,
  /** Of the step's entry in the audit trail. */
  sequence: number,
): Notice | undefined {
  if (to !== 'labelled' && to !== 'skipped' && to !== 'disputed') return undefined;
  return {
    event: 'task.completed',
    sequence,
    data: { taskId: id, state: to, round, eventId, sourceId, modelName, modelVersion },
  };
}
