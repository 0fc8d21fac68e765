import type { ModelName, ModelVersion, ReferenceId } from '../ids.js';
import type { TemperatureFit } from './confidence/fit-temperature.js';
import type { DetectionStatistics } from './confidence/detection-statistics.js';
import type { FormatProfile } from './format/format-profile.js';
import type { TurnModel } from './format/turn-model.js';
import type { EmbeddingMatrix } from './embedding-matrix.js';
import type { NoveltyModel } from './novelty/novelty-model.js';
import type { PredictionOrigin } from './scorer.js';
import type { SignalName } from './signal.js';

/**
 * Statistics of the training data for one model version. Immutable; its id is a hash of its
 * content, so two machines that fit the same pictures hold the same reference.
 */
export interface Reference {
  readonly id: ReferenceId;
  readonly modelName: ModelName;
  readonly modelVersion: ModelVersion;
  /** Milliseconds since 1970-01-01 UTC; not part of the id. */
  readonly createdAt: number;
  /** The embedder that made `embeddings`; they mean nothing to another one. */
  readonly embedder: { readonly name: string; readonly sha256: string } | undefined;
  readonly items: readonly ReferenceItem[];
  /**
   * Per signal, the raw measurement of each item (parallel to `items`); NaN where the signal
   * was absent. Embedding distances are leave-one-out, and
   * what is out of distribution was scored by detectors that did not see the item.
   */
  readonly measurements: Readonly<Partial<Record<SignalName, Float64Array>>>;
  /** Of each of the user's own scores in `measurements`, the fingerprint that measured it. */
  readonly own?: Readonly<Record<string, string>>;
  /**
   * Whose predictions the confidence signals were measured on; absent where there were none.
   * They calibrate predictions of the same origin only.
   */
  readonly predictionsBy?: PredictionOrigin;
  /**
   * How the class scores of those predictions were tempered before they were measured; absent
   * where nobody looked, which is as if not.
   */
  readonly temperature?: TemperatureFit;
  /** Of the boxes in those predictions; absent where they are no detections. */
  readonly detection?: DetectionStatistics;
  /** Row-major, items.length x dimensions, as the embedder gave them; undefined without one. */
  readonly embeddings: EmbeddingMatrix | undefined;
  /** Neighbours that the embedding distance looks at. */
  readonly neighbours: number;
  /** What tells novelty, fitted and weighed on the items; only where there are embeddings. */
  readonly novelty?: NoveltyModel;
  /** What the pictures' files are; absent in references of before this was kept. */
  readonly formats?: FormatProfile;
  /** What tells whether a picture looks turned; only where there are embeddings. */
  readonly turns?: TurnModel;
  /** Class names among the labels, sorted; empty without labels. */
  readonly classes: readonly string[];
}

export interface ReferenceItem {
  /** Path relative to the directory it was built from, with forward slashes. */
  readonly path: string;
  readonly sha256: string;
  readonly label?: string;
  /** The source that took it, as events name it; absent where nobody said. */
  readonly sourceId?: string;
  /** The likeliest class by `predictionsBy`; absent where it named none. */
  readonly predicted?: string;
}
