import type { Decision } from '../decision/decision.js';
import { controlDraw } from '../decision/control-draw.js';
import { decide } from '../decision/decide.js';
import type { InferenceEvent } from '../event/inference-event.js';
import type { FetchRequest } from '../image/image-fetcher.js';
import type { FramePlace, LastFrames } from './last-frames.js';
import { lookAtImage, lookOnce } from './look-at-image.js';
import type { ImageStation } from './look-at-image.js';
import type { Station } from './mining-observer.js';
import { queueCandidate } from './queue-candidate.js';
import type { CandidateOutcome, QueueStation } from './queue-candidate.js';
import { comparesFrames, needsPixels, scoreImage } from './score-image.js';
import type { ServedModels } from './served-models.js';
import type { ScoreCard } from '../score/signal.js';
import type { Lane } from './source-lanes.js';

/** What the path needs of the world: ports only. */
export interface Stations {
  readonly images: ImageStation;
  readonly models: ServedModels;
  readonly queue: QueueStation;
  readonly frames: LastFrames;
  /** Called after each station with the seconds that it took. */
  readonly took: (station: Station, seconds: number) => void;
}

/** Where an event stands in the stream of its source. */
export interface StreamPlace {
  readonly lane: Lane;
  readonly frame: FramePlace;
}

export interface Mined {
  readonly event: InferenceEvent;
  readonly scores: ScoreCard;
  readonly decision: Decision;
  readonly outcome: CandidateOutcome | 'passed';
}

/**
 * The path of one event: image, score, decision, queue. The image of an event that brings all
 * that its scores need is looked at only if the event is queued. Safe to repeat from the start,
 * whatever failed on the way; resolves once the outcome is durable.
 */
export async function mineEvent(
  event: InferenceEvent,
  { lane, frame }: StreamPlace,
  stations: Stations,
  request: FetchRequest,
): Promise<Mined> {
  const model = await stations.models.serve(event.modelName, event.modelVersion);
  const look = lookOnce(() =>
    timed('image', stations, () => lookAtImage(event, stations.images, request)),
  );
  const seen = needsPixels(event, model) ? await look() : undefined;
  const compares = comparesFrames(model);
  if (seen !== undefined && compares) await frame.saw(seen.decoded.plane);
  // Nobody compares it: then the next frame need not wait for it either.
  else frame.leave();
  const previous = compares ? await frame.withImage() : frame.before;
  const scored = await timed('score', stations, () => scoreImage(event, seen, model, previous));
  const { scores } = scored;
  const decision = decide({
    scores,
    policy: model.policy,
    reference: model.reference?.reference.id,
    draw: controlDraw(event.sourceId, event.eventId),
  });
  if (decision.kind === 'pass') return { event, scores, decision, outcome: 'passed' };
  const image = await look();
  await lane.turn;
  const outcome = await timed('queue', stations, () =>
    queueCandidate({ event, image, scored, decision }, stations.queue),
  );
  return { event, scores, decision, outcome };
}

async function timed<T>(station: Station, stations: Stations, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    return await work();
  } finally {
    stations.took(station, (performance.now() - start) / 1000);
  }
}
