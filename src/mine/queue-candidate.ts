import type { QueueDecision, Reason } from '../decision/decision.js';
import type { InferenceEvent } from '../event/inference-event.js';
import { uprightBoxes } from '../event/turned-boxes.js';
import { contentHash } from '../image/content-hash.js';
import type { ImageStore } from '../image/image-store.js';
import { hammingDistance, perceptualHash } from '../image/perceptual-hash.js';
import { eventId as eventIdOf } from '../ids.js';
import type { TaskId } from '../ids.js';
import type { Fingerprint, RelabelQueue } from '../queue/relabel-queue.js';
import type { TaskContent, TaskImage } from '../queue/task.js';
import { taskIdOf } from '../queue/task-id.js';
import type { CandidatePublisher } from './candidate-publisher.js';
import type { SeenImage } from './look-at-image.js';
import type { ScoredImage } from './score-image.js';

export interface QueueStation {
  readonly queue: RelabelQueue;
  readonly images: ImageStore;
  /** `reference`: an image that the event only refers to is not copied. */
  readonly keep: 'copy' | 'reference';
  readonly candidates: CandidatePublisher | undefined;
  readonly duplicates: DuplicateRule;
  readonly now: () => number;
}

export interface DuplicateRule {
  /** Candidates of the same model and source this close in time are compared. Milliseconds. */
  readonly window: number;
  /** Perceptual hashes no further apart than this are the same picture. Bits of 64. */
  readonly bits: number;
}

export interface Candidate {
  readonly event: InferenceEvent;
  readonly image: SeenImage;
  readonly scored: ScoredImage;
  readonly decision: QueueDecision;
}

/**
 * What a frame shows beside the one before it. Frames of a camera that stands still are alike, so that
 * this would be lost in the task of whatever its scene was queued for first.
 */
const besideTheFrameBefore: ReadonlySet<Reason> = new Set<Reason>(['flicker', 'frozen-camera']);

/** Enough for a busy source's day; the newest are compared. */
const comparedAtMost = 5000;

export type CandidateOutcome =
  | 'queued'
  /** Its task was there before; an event that came again. */
  | 'known'
  /** The task of its id shows another picture, and was left as it was. */
  | 'other-picture'
  | 'duplicate';

/**
 * Stores the candidate's image unless it is to be kept by reference, then offers its task, then
 * announces it: whoever sees the task can see the image. A near-duplicate of an earlier candidate of the
 * same source that was queued for the same is noted there instead, so that nobody labels the same picture
 * twice. The control sample is exempt, for it must stay a uniform sample of all events.
 */
export async function queueCandidate(
  candidate: Candidate,
  station: QueueStation,
): Promise<CandidateOutcome> {
  const { event, image, scored, decision } = candidate;
  const { modelName, sourceId, eventId } = event;
  const id = taskIdOf(sourceId, eventId);
  const fingerprint = perceptualHash(image.decoded.plane);
  // What was found out first stays, in whatever order the stream comes again.
  const recalled = await station.queue.recall({ taskId: id, modelName, sourceId, eventId });
  if (recalled.kind === 'erased') return 'known';
  if (recalled.kind === 'duplicate' && !decision.control) return 'duplicate';
  if (recalled.kind === 'task') {
    // Scores of one picture, or of one model, do not belong to the task of another.
    const hash = contentHash(image.bytes);
    if (recalled.image !== hash) {
      const { idIsPlace, ...named } = event;
      if (idIsPlace !== true) return 'other-picture';
      const own = { ...named, eventId: eventIdOf(`${eventId}#${hash.slice(0, 12)}`) };
      return queueCandidate({ ...candidate, event: own }, station);
    }
    if (recalled.modelVersion !== event.modelVersion) return 'known';
  }
  const original =
    recalled.kind === 'task' || decision.control
      ? undefined
      : await earlierLike(fingerprint, candidate, station);
  if (original !== undefined) {
    await station.queue.offer([{ kind: 'duplicate', of: original, eventId }], station.now());
    return 'duplicate';
  }
  const { width, height, contentType } = image.decoded;
  const uri = event.image.kind === 'reference' ? event.image.uri : undefined;
  const staysOutside = uri !== undefined && station.keep === 'reference';
  const shown: TaskImage = {
    hash: staysOutside
      ? contentHash(image.bytes)
      : await station.images.put(image.bytes, contentType),
    contentType,
    width,
    height,
    perceptualHash: fingerprint,
    ...(uri === undefined ? {} : { uri }),
    ...(staysOutside ? { kept: 'reference' as const } : {}),
  };
  const content: TaskContent = {
    id,
    eventId,
    occurredAt: event.occurredAt,
    modelName,
    modelVersion: event.modelVersion,
    sourceId,
    image: shown,
    predictions: uprightBoxes(scored.predictions, image.decoded.format),
    tags: event.tags,
    scores: scored.scores,
    decision,
  };
  // A worker that was started since has not seen the frame before, and would forget what that showed.
  const forgets = recalled.kind === 'task' && lacksFrames(candidate, recalled.reasons);
  const [outcome = 'known'] = forgets
    ? []
    : await station.queue.offer([{ kind: 'task', content }], station.now());
  await station.candidates?.publish(content);
  return outcome;
}

function lacksFrames({ scored, decision }: Candidate, earlier: readonly Reason[]): boolean {
  return earlier.some(
    (reason) =>
      besideTheFrameBefore.has(reason) &&
      !decision.reasons.includes(reason) &&
      scored.scores.absent.some(({ name, why }) => name === reason && why === 'no-previous-frame'),
  );
}

/**
 * One that is queued for one of the same reasons: noise in a scene that was queued in the dark is another
 * edge case. Of what a frame shows beside the one before it, each must have been queued.
 */
async function earlierLike(
  fingerprint: string,
  { event, decision }: Candidate,
  { queue, duplicates }: QueueStation,
): Promise<TaskId | undefined> {
  const scope = {
    modelName: event.modelName,
    sourceId: event.sourceId,
    from: event.occurredAt - duplicates.window,
    to: event.occurredAt + duplicates.window,
    limit: comparedAtMost,
  };
  const isLike = (other: Fingerprint) =>
    hammingDistance(other.perceptualHash, fingerprint) <= duplicates.bits;
  const queuedFor = async (reason?: Reason) =>
    (await queue.recentFingerprints(reason === undefined ? scope : { ...scope, reason })).find(
      isLike,
    )?.taskId;
  // Most pictures are like none, which the store can tell without their reasons.
  if ((await queuedFor()) === undefined) return undefined;
  const ofFrames = decision.reasons.filter((reason) => besideTheFrameBefore.has(reason));
  let found: TaskId | undefined;
  for (const reason of ofFrames) {
    found = await queuedFor(reason);
    if (found === undefined) return undefined;
  }
  if (found !== undefined) return found;
  for (const reason of decision.reasons) {
    found = await queuedFor(reason);
    if (found !== undefined) return found;
  }
  return undefined;
}
