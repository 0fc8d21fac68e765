import type { InferenceEvent, Predictions } from '../event/inference-event.js';
import { contentHash } from '../image/content-hash.js';
import type { PreviousFrame } from '../score/scorer.js';

export interface FrameLimits {
  /** Sources that are remembered; the one that was quiet longest is forgotten first. 1 or more. */
  readonly maxSources: number;
  /** A frame that is older by the events' own times is no frame before. Milliseconds. */
  readonly maxGapMs: number;
}

/**
 * The last frame of each model and source that this process took in, so that a frame can be
 * compared with the one before. Time is the events' own. An event that is not later than the last
 * of its source has no frame before and is none to the next: it was delivered out of order, or
 * again. What is remembered is lost with the process, and another worker starts without it.
 */
export class LastFrames {
  private readonly frames = new Map<string, Frame>();
  private readonly limits: FrameLimits;

  constructor(limits: FrameLimits) {
    this.limits = limits;
  }

  /** Call in the order of the stream, once per event, however often the event is tried. */
  follow(event: InferenceEvent): FramePlace {
    const { modelName, sourceId, occurredAt, predictions } = event;
    const source = JSON.stringify([modelName, sourceId]);
    const last = this.frames.get(source);
    const isLate = last !== undefined && occurredAt <= last.occurredAt;
    const inTime = last !== undefined && occurredAt - last.occurredAt <= this.limits.maxGapMs;
    const before = !isLate && inTime ? last : undefined;

    let resolve: (digest: string | undefined) => void = () => undefined;
    const digest = new Promise<string | undefined>((settle) => {
      resolve = settle;
    });
    if (!isLate) this.remember(source, { predictions, occurredAt, digest });
    return {
      previous: () => (before === undefined ? Promise.resolve(undefined) : settled(before)),
      saw: (bytes) => resolve(contentHash(bytes)),
      leave: () => resolve(undefined),
    };
  }

  private remember(source: string, frame: Frame): void {
    // A map keeps the order of insertion: the first is the one that was quiet longest.
    this.frames.delete(source);
    this.frames.set(source, frame);
    if (this.frames.size <= this.limits.maxSources) return;
    for (const quiet of this.frames.keys()) {
      this.frames.delete(quiet);
      return;
    }
  }
}

/** One event's place in the stream of its source. */
export interface FramePlace {
  /**
   * The source's frame before, once its image was looked at or it has left: like the queue, this
   * waits for earlier events, never for later ones (in-flight.ts).
   */
  previous(): Promise<PreviousFrame | undefined>;
  /** Tells what the image is, as soon as it is known; of several times, the first counts. */
  saw(bytes: Uint8Array): void;
  /** Must be called, whatever happened; idempotent. */
  leave(): void;
}

interface Frame {
  readonly predictions: Predictions;
  readonly occurredAt: number;
  /** Undefined where the image was not looked at. */
  readonly digest: Promise<string | undefined>;
}

async function settled({ predictions, occurredAt, digest }: Frame): Promise<PreviousFrame> {
  const known = await digest;
  return { predictions, occurredAt, ...(known === undefined ? {} : { digest: known }) };
}
