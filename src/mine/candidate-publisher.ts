import type { TaskContent } from '../queue/task.js';

/**
 * Announces candidates on `edge.candidates`, after their task is stored. At least once: a
 * replayed event may announce its candidate again, under the same key (the task id).
 */
export interface CandidatePublisher {
  publish(candidate: TaskContent): Promise<void>;
  close(): Promise<void>;
}
