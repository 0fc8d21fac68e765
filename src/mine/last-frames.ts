import type { InferenceEvent, Predictions } from '../event/inference-event.js';
import type { EventId } from '../ids.js';
import type { PixelPlane } from '../image/decoded-image.js';
import { framePrint } from '../score/frame-print.js';
import { afterFrame } from '../score/quality/frozen-camera.js';
import type { PreviousFrame, SeenFrame } from '../score/scorer.js';

export interface FrameLimits {
  /** Sources that are remembered; the one that was quiet longest is forgotten first. 1 or more. */
  readonly maxSources: number;
  /**
   * Of a frame that is older by the events' own times, the predictions are not given.
   * Milliseconds.
   */
  readonly maxGapMs: number;
}

/**
 * The last frame of each model version and source that this process took in, so that a frame can
 * be compared with the one before. Time is the events' own. An event that is not later than the last
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
    const { eventId, modelName, modelVersion, sourceId, occurredAt, predictions } = event;
    const source = JSON.stringify([modelName, modelVersion, sourceId]);
    const last = this.frames.get(source);
    const isLate =
      last !== undefined && (occurredAt <= last.occurredAt || eventId === last.eventId);
    const before = isLate ? undefined : last;

    let resolve: (image: SeenFrame | undefined) => void = () => undefined;
    const image = new Promise<SeenFrame | undefined>((settle) => {
      resolve = settle;
    });
    if (!isLate) this.remember(source, { eventId, predictions, occurredAt, image });
    const known = before === undefined ? undefined : this.asSeenFrom(occurredAt, before);
    const imageBefore = before === undefined ? Promise.resolve(undefined) : before.image;
    return {
      before: known,
      withImage: async () =>
        known === undefined ? undefined : { ...known, image: await imageBefore },
      saw: async (plane) => resolve(afterFrame(await imageBefore, framePrint(plane))),
      leave: () => resolve(undefined),
    };
  }

  private asSeenFrom(now: number, { predictions, occurredAt }: Frame): PreviousFrame {
    const inTime = now - occurredAt <= this.limits.maxGapMs;
    return { occurredAt, ...(inTime ? { predictions } : {}) };
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
  /** The source's frame before, without its picture. */
  readonly before: PreviousFrame | undefined;
  /**
   * The same with its picture, once that was looked at or its event has left: like the queue, this
   * waits for earlier events, never for later ones (in-flight.ts).
   */
  withImage(): Promise<PreviousFrame | undefined>;
  /**
   * Tells what the picture is, once `withImage` could be had; of several times, the first counts.
   * Never rejects.
   */
  saw(plane: PixelPlane): Promise<void>;
  /** Must be called, whatever happened; idempotent. */
  leave(): void;
}

interface Frame {
  readonly eventId: EventId;
  readonly predictions: Predictions;
  readonly occurredAt: number;
  /** Undefined where the picture was not looked at. */
  readonly image: Promise<SeenFrame | undefined>;
}
