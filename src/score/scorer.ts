import type { Predictions } from '../event/inference-event.js';
import type { PixelPlane } from '../image/decoded-image.js';
import type { Spoiling } from '../image/spoil-plane.js';
import type { DetectionStatistics } from './confidence/detection-statistics.js';
import type { FramePrint } from './frame-print.js';
import type { FormatProfile, PictureFormat } from './format/format-profile.js';
import type { TurnFinding } from './format/turn-model.js';
import type { LabelledNeighbour } from './neighbours.js';
import type { NoveltyFinding } from './novelty/novelty-model.js';
import type { ScoreNeed } from './own/own-score.js';
import type {
  AbsentSignal,
  BuiltInSignalName,
  OwnSignalName,
  SignalFamily,
  SignalName,
} from './signal.js';

/** All that a scorer may look at. Data only: a scorer does no I/O and keeps no state. */
export interface ScoringInput {
  /** Undefined where no pixels are at hand: nobody asked for a signal that looks at them. */
  readonly plane: PixelPlane | undefined;
  /** Of the picture's file; undefined where nobody looked at it. */
  readonly format?: PictureFormat | undefined;
  /** The forms of the reference's pictures, or why there are none. */
  readonly formats?: FormatProfile | AbsentSignal['why'] | undefined;
  /** How far the picture looks turned; absent where it does not at first sight, or nobody could tell. */
  readonly turn?: TurnFinding | undefined;
  /** The event's own predictions, else the configured model's, else none. */
  readonly predictions: Predictions;
  /** Whose predictions they are; of no matter where there are none. */
  readonly predictionsBy: PredictionOrigin;
  /** Nearest reference pictures, or why there are none. */
  readonly neighbours: readonly LabelledNeighbour[] | AbsentSignal['why'];
  /** By the reference's novelty model; absent where it has none, or there are no neighbours. */
  readonly novelty?: NoveltyFinding;
  /** What the neighbours' indexes stand for; for explanations only. */
  readonly items?: readonly { readonly path: string }[];
  /** What is usual of the reference's detections; undefined where there are none. */
  readonly detection?: UsualDetections | undefined;
  /** Classes among the reference's labels. */
  readonly referenceLabels?: ReadonlySet<string> | undefined;
  /** The source's frame before this one; undefined where none is known. */
  readonly previous?: PreviousFrame | undefined;
  /** What the scores of one's own measured (own/own-scores.ts). */
  readonly own?: ReadonlyMap<OwnSignalName, Measurement> | undefined;
}

/** Without a reference, the threshold may still be known from the settings. */
export type UsualDetections = Partial<DetectionStatistics>;

/** What this worker knows of the last earlier event of the same model and source. */
export interface PreviousFrame {
  /** As the event brought them; absent where the frame is too old to follow objects from. */
  readonly predictions?: Predictions | undefined;
  /** Milliseconds since 1970-01-01 UTC, of the event. */
  readonly occurredAt: number;
  /** What is remembered of its picture; absent where it was not looked at. */
  readonly image?: SeenFrame | undefined;
}

/** A source's picture, for the next one to be held against. */
export interface SeenFrame {
  readonly print: FramePrint;
  /** Frames up to this one, itself included, that show the same picture; 1 or more. */
  readonly inARow: number;
}

/**
 * Who predicted: the production model that the event is of (`producer`), or the configured ONNX
 * model in its place (`embedder`). Their confidences are not comparable, so a reference
 * calibrates those of the same origin only.
 */
export type PredictionOrigin = 'producer' | 'embedder';

/**
 * One signal in three separate steps: measure here, then calibrate and flag (calibrate.ts,
 * flag.ts) the same way for all. Checks that run on every scorer (checks/) hold: the same
 * input gives the same measurement, it is finite and in `range`, and `explain` is a sentence.
 */
export type Scorer = BuiltInScorer | OwnScorer;
export type BuiltInScorer = PixelScorer | FrameScorer | PlainScorer | FormatScorer;

/** Looks at the picture itself. */
export interface PixelScorer extends AnyScorer {
  readonly name: BuiltInSignalName;
  readonly looksAt: 'pixels';
  measure(input: InputWithPixels): Measurement;
}

/**
 * Looks at the picture beside that of its source's frame before, for which the event has to wait.
 * A reference has no frames in order, so these are never calibrated.
 */
export interface FrameScorer extends AnyScorer {
  readonly name: BuiltInSignalName;
  readonly looksAt: 'frames';
  measure(input: InputWithPixels): Measurement;
}

/** Needs no pixels, so that an event that brings the rest is scored without decoding its image. */
export interface PlainScorer extends AnyScorer {
  readonly name: BuiltInSignalName;
  readonly looksAt: 'predictions' | 'neighbours';
  measure(input: ScoringInput): Measurement;
}

/**
 * Looks at what the picture's file is, where somebody has read it for another reason: no image is
 * fetched or decoded for it.
 */
export interface FormatScorer extends AnyScorer {
  readonly name: BuiltInSignalName;
  readonly looksAt: 'format';
  measure(input: ScoringInput): Measurement;
}

/**
 * A score of the user's own. It may take its time and may fail, so `run` comes before the others
 * (own/own-scores.ts), and `measure` only picks up what came of it.
 */
export interface OwnScorer extends AnyScorer {
  readonly looksAt: 'own';
  readonly name: OwnSignalName;
  /** An event that lacks one of these is not given to `run`. */
  readonly needs: readonly ScoreNeed[];
  /** Length of the embeddings that it is for, where not any. */
  readonly embeddingLength?: number;
  /**
   * Stands for what it is made of, so that a reference calibrates it only while it is the same:
   * lower-case hex sha256.
   */
  readonly fingerprint: string;
  /**
   * Undefined where it has nothing to say. May throw, and give any number.
   * @param wrote Hears which parts it wrote to, where it was given a copy of the input. To be left
   *   out where nobody asks, for looking takes time.
   */
  run(
    input: OwnInput,
    wrote?: (part: keyof OwnInput) => void,
  ): OwnFinding | undefined | Promise<OwnFinding | undefined>;
  /** Its own words for its limit, for the checks to look at. */
  readonly limitNote?: string | undefined;
  measure(input: ScoringInput): Measurement;
}

/** What a run of a score of one's own came to. */
export interface OwnFinding {
  readonly raw: number;
  /** In the score's own words, as the start of an explanation. */
  readonly note?: string | undefined;
}

/** What scores of one's own may look at. */
export interface OwnInput {
  readonly plane: PixelPlane | undefined;
  /** As they came, not tempered. */
  readonly predictions: Predictions;
  /** The event's own, else the configured model's; or why there is none. */
  readonly embedding: Float32Array | AbsentSignal['why'];
}

export interface InputWithPixels extends ScoringInput {
  readonly plane: PixelPlane;
}

interface AnyScorer {
  readonly name: SignalName;
  readonly family: SignalFamily;
  /** What `raw` counts, for people: '0..1', 'grey levels', 'cosine distance'. */
  readonly unit: string;
  /** Lowest and highest possible measurement; the unusual end is finite. */
  readonly range: readonly [number, number];
  /** Which end of the range is unusual. */
  readonly unusual: 'low' | 'high';
  /**
   * Edge score of a measurement where there is no reference to calibrate against: 0..1,
   * monotonic towards the unusual end, 0.5 at `fallbackLimit`.
   */
  uncalibrated(raw: number): number;
  /** Raw limit of the flag where there is no reference. */
  readonly fallbackLimit: number;
  /**
   * Raw limit that few photographs of any kind go beyond. Where a reference is too small to tell
   * the false-alarm rate that is asked for, the limit lies no further out than this, unless its own
   * pictures do (ordinary-limits.ts). Absent where what is ordinary depends on the model or the scene.
   */
  readonly ordinaryLimit?: number;
  /**
   * How fast the unusual end's tail falls among photographs of one kind: the mean of ln(d / di), di
   * the distance to that end of each of the most unusual tenth and d that of the next one. Above 0.
   * The median of BSDS500's and of crops, other exposures and small soft copies of them; other kinds
   * differ by half at most, mostly, so it helps a small reference to tell its own (tail.ts).
   */
  readonly usualExcess?: number;
  /** Ways of spoiling a picture that never make the measurement less unusual. */
  readonly worsensWith?: readonly Spoiling[];
  /**
   * One sentence; `standing` is set where there is a reference, `note` is the measurement's own.
   */
  explain(raw: number, standing: Standing | undefined, note?: string): string;
}

export type Measurement =
  | {
      readonly kind: 'measured';
      readonly raw: number;
      /** The class that `raw` is about, where it is another than the predicted one. */
      readonly about?: string;
      /** Figures behind `raw`, as the start of its explanation. */
      readonly note?: string | undefined;
    }
  | { readonly kind: 'absent'; readonly why: AbsentSignal['why'] };

/** Where a measurement stands among the reference's. */
export interface Standing {
  /** Share of reference pictures that are less unusual, 0..1. */
  readonly lessUnusual: number;
  /** Number of reference pictures measured. */
  readonly count: number;
  /** Which ones they are, where not all: 'predicted as milk'. */
  readonly among?: string;
}
