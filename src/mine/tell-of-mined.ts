import type { MiningObserver } from './mining-observer.js';
import type { Mined } from './pipeline.js';

/** What became of an event that was mined. */
export function tellOfMined(
  { event, scores, decision, outcome }: Mined,
  observer: MiningObserver,
): void {
  if (outcome === 'queued' && decision.kind === 'queue') observer.candidateQueued(decision.reasons);
  if (decision.reference === 'no-reference') observer.noReference(event.modelName);
  if (scores.absent.some(({ why }) => why === 'embedding-size-differs')) {
    observer.embeddingDiffers(event.modelName);
  }
  observer.eventSettled(event.modelName, outcome);
}
