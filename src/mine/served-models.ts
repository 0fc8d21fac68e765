import type { Policy } from '../decision/policy.js';
import type { ModelName, ModelVersion } from '../ids.js';
import type { LabelSet } from '../label/label.js';
import type { Calibration } from '../score/calibrate.js';
import type { Embedder } from '../score/embedder.js';
import type { NoveltyIndex } from '../score/novelty/novelty-index.js';
import type { OwnScores } from '../score/own/own-scores.js';
import type { Reference } from '../score/reference.js';

/** All that the miner needs to know of one production model in one version. */
export interface ServedModel {
  readonly policy: Policy;
  readonly labelSet: LabelSet | undefined;
  readonly embedder: Embedder | undefined;
  readonly reference: LoadedReference | undefined;
  /** The score from which the deployed detector's boxes count, 0..1, where the settings say it. */
  readonly scoreThreshold?: number | undefined;
  /** Scores of the user's own, beside the built-in ones. */
  readonly own?: OwnScores | undefined;
}

export interface LoadedReference {
  /** Without its embeddings: the index has them, and they are large. */
  readonly reference: Omit<Reference, 'embeddings'>;
  readonly calibration: Calibration;
  readonly index: NoveltyIndex | undefined;
  /** Classes among the reference's labels. */
  readonly labels: ReadonlySet<string>;
}

/**
 * Which reference, embedder, label set and policy serve a model. `serve` answers for every
 * model, known or not: an unknown one gets the default policy and no reference. It may load
 * from the store, and throws `store.unavailable` when that is away; the caller retries.
 */
export interface ServedModels {
  serve(modelName: ModelName, modelVersion: ModelVersion): Promise<ServedModel>;
}
