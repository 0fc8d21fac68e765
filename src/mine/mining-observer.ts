import type { Reason } from '../decision/decision.js';
import type { FaultCode } from '../faults.js';
import type { ModelName } from '../ids.js';
import type { OwnSignalName } from '../score/signal.js';

/** The stations that an event passes, in order. */
export type Station = 'read' | 'image' | 'score' | 'queue';

export type EventOutcome =
  'queued' | 'known' | 'other-picture' | 'duplicate' | 'passed' | 'dead_letter';

/** Hears what mining does, for metrics and progress. Must not throw; nothing waits for it. */
export interface MiningObserver {
  /** `model` is undefined where the event could not be read. */
  eventSettled(model: ModelName | undefined, outcome: EventOutcome): void;
  candidateQueued(reasons: readonly Reason[]): void;
  deadLettered(code: FaultCode): void;
  retried(code: FaultCode): void;
  noReference(model: ModelName): void;
  /** The event's embedding is of another length than the reference's, and was compared with nothing. */
  embeddingDiffers(model: ModelName): void;
  /** A score of the user's own failed at an event, which went on without it. */
  ownScoreFailed(score: OwnSignalName): void;
  inFlight(events: number, bytes: number): void;
  stationTook(station: Station, seconds: number): void;
}

/** One observer that tells several. */
export function observers(all: readonly MiningObserver[]): MiningObserver {
  return {
    eventSettled: (model, outcome) => all.forEach((o) => o.eventSettled(model, outcome)),
    candidateQueued: (reasons) => all.forEach((o) => o.candidateQueued(reasons)),
    deadLettered: (code) => all.forEach((o) => o.deadLettered(code)),
    retried: (code) => all.forEach((o) => o.retried(code)),
    noReference: (model) => all.forEach((o) => o.noReference(model)),
    embeddingDiffers: (model) => all.forEach((o) => o.embeddingDiffers(model)),
    ownScoreFailed: (score) => all.forEach((o) => o.ownScoreFailed(score)),
    inFlight: (events, bytes) => all.forEach((o) => o.inFlight(events, bytes)),
    stationTook: (station, seconds) => all.forEach((o) => o.stationTook(station, seconds)),
  };
}
