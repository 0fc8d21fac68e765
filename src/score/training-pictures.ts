import type { Predictions } from '../event/inference-event.js';
import type { EdgeminerError } from '../faults.js';
import type { ModelName, ModelVersion } from '../ids.js';
import type { DecodedImage } from '../image/decoded-image.js';
import type { Embedder } from './embedder.js';
import type { MeasuredPictures } from './measured-pictures.js';
import type { OwnScores } from './own/own-scores.js';

export interface TrainingPicture {
  /** Relative to the directory, with forward slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly label?: string;
  /** The source that took it, as events name it. */
  readonly sourceId?: string;
  /** Milliseconds since 1970-01-01 UTC, where it is a frame of its source's stream. */
  readonly occurredAt?: number;
  /** What the production model says of it. */
  readonly predictions?: Predictions;
}

/** A picture that is there and could not be read. */
export interface UnreadPicture {
  readonly path: string;
  readonly fault: EdgeminerError;
}

export interface BuildReferenceOptions {
  /** Read one by one, a few ahead; the reference keeps their order. */
  readonly pictures: AsyncIterable<TrainingPicture | UnreadPicture>;
  /** How many there are, where that is known: too many broken ones are told as soon as they are. */
  readonly total?: number;
  readonly decode: (bytes: Uint8Array) => Promise<DecodedImage>;
  readonly embedder?: Embedder;
  /** Scores of the user's own, measured beside the built-in ones. */
  readonly own?: OwnScores;
  readonly modelName: ModelName;
  readonly modelVersion: ModelVersion;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly now: number;
  /** Pictures in work at once; 1 or more. */
  readonly concurrency: number;
  /** The score from which the deployed detector's boxes count, 0..1, where it is known. */
  readonly scoreThreshold?: number;
  /** A frame that is older than this is no frame before. Milliseconds; 0 unless told: none is. */
  readonly maxGapMs?: number;
  /** Neighbours that the embedding distance looks at; by default `neighboursFor`. */
  readonly neighbours?: number;
  /** What was measured before is not measured again; in memory for this build, unless given. */
  readonly measured?: MeasuredPictures;
  /** Share of pictures that may be broken, 0..1; 0.1 unless told. */
  readonly mostBroken?: number;
  /** Ends the build with `reference.unfinished`, between two pictures or steps. */
  readonly ending?: AbortSignal;
  readonly onProgress?: (progress: BuildProgress) => void;
}

/** How far a build is. Steps come in this order, those that there is nothing to do for are left out. */
export interface BuildProgress {
  /** `pictures` counts those that were skipped, too; `novelty` is counted in fits. */
  readonly step: 'pictures' | 'turned-copies' | 'neighbours' | 'spoilt-copies' | 'novelty';
  readonly done: number;
  /** Undefined where it is not known. */
  readonly total: number | undefined;
}
