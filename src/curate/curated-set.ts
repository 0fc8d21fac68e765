import type {
  AnnotatorId,
  CuratedSetVersion,
  EventId,
  ImageHash,
  ModelName,
  ModelVersion,
  ReferenceId,
  SourceId,
  TaskId,
} from '../ids.js';
import type { Reason } from '../decision/decision.js';
import type { ImageContentType } from '../image/image-store.js';
import type { LabelBody } from '../label/label.js';
import type { Signal } from '../score/signal.js';

/** An immutable snapshot of labelled candidates: what a retraining job consumes. */
export interface CuratedSet {
  /** sha256 over everything here but `createdAt`: the same content is the same version. */
  readonly version: CuratedSetVersion;
  readonly name: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdAt: number;
  /** How it was split. */
  readonly split: SplitPlan;
  /** Sorted class names that occur in the labels. */
  readonly classes: readonly string[];
  /** Ordered by task id. */
  readonly items: readonly CuratedItem[];
}

export interface CuratedItem {
  readonly taskId: TaskId;
  readonly split: Split;
  /** Pictures of one incident or near-duplicates share a group; a group is never split. */
  readonly group: string;
  readonly image: {
    /** sha256 of the bytes; also their address in the image store. */
    readonly hash: ImageHash;
    readonly contentType: ImageContentType;
    readonly width: number;
    readonly height: number;
  };
  readonly label: LabelBody;
  /** Inverse of the inclusion probability: weighs the item in unbiased estimates. */
  readonly weight: number;
  readonly lineage: Lineage;
}

export interface Lineage {
  readonly eventId: EventId;
  readonly occurredAt: number;
  readonly sourceId: SourceId;
  readonly modelName: ModelName;
  readonly modelVersion: ModelVersion;
  readonly reference: ReferenceId | 'no-reference';
  readonly policy: string;
  readonly reasons: readonly Reason[];
  readonly priority: number;
  readonly signals: readonly Pick<Signal, 'name' | 'raw' | 'edgeScore' | 'flagged'>[];
  readonly annotator: AnnotatorId;
  readonly labelledAt: number;
  readonly labelSet: string;
}

export const splits = ['train', 'validation', 'test'] as const;
export type Split = (typeof splits)[number];

export interface SplitPlan {
  /** Shares of each split; they sum to 1. */
  readonly shares: Readonly<Record<Split, number>>;
  /** Any text; the same seed splits the same. */
  readonly seed: string;
  /**
   * Pictures of one source no further apart than this are one incident. Milliseconds; 0 is for
   * input without true times (a directory's files), where time says nothing of incidents.
   */
  readonly incidentGap: number;
  /** Perceptual hashes no further apart than this (bits of 64) are near-duplicates. */
  readonly nearDuplicateBits: number;
}
