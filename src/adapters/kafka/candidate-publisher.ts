import type { CandidatePublisher } from '../../mine/candidate-publisher.js';
import type { TaskContent } from '../../queue/task.js';
import type { Sender } from './sender.js';

export function openKafkaCandidatePublisher(sender: Sender, topic: string): CandidatePublisher {
  return {
    publish: (candidate) =>
      sender.send(topic, [{ key: candidate.id, value: JSON.stringify(edgeCandidate(candidate)) }]),
    close: () => sender.close(),
  };
}

/** The record of schemas/edge-candidate.v1.schema.json. */
function edgeCandidate(candidate: TaskContent): object {
  return {
    taskId: candidate.id,
    eventId: candidate.eventId,
    occurredAt: candidate.occurredAt,
    modelName: candidate.modelName,
    modelVersion: candidate.modelVersion,
    sourceId: candidate.sourceId,
    image: candidate.image,
    predictions: candidate.predictions,
    tags: candidate.tags,
    signals: candidate.scores.signals,
    absentSignals: candidate.scores.absent,
    decision: candidate.decision,
  };
}
