import type { EventId, ModelName, ModelVersion, SourceId } from '../ids.js';

/** One inference by a production model: an image, what the model said of it, and where it was. */
export interface InferenceEvent {
  readonly eventId: EventId;
  /**
   * `eventId` says where the picture lay, and another picture that lay there is another event. Of
   * folders of pictures only; not a part of the contract.
   */
  readonly idIsPlace?: true;
  /** Milliseconds since 1970-01-01 UTC. Decisions and windows use this, never the wall clock. */
  readonly occurredAt: number;
  readonly modelName: ModelName;
  readonly modelVersion: ModelVersion;
  readonly sourceId: SourceId;
  readonly image: EventImage;
  readonly predictions: Predictions;
  /** The producing model's own embedding, if it sent one; any length above 0. */
  readonly embedding?: Float32Array;
  readonly tags: Readonly<Record<string, string>>;
}

/** The bytes themselves, or where to get them. `sha256` is of the bytes, lower-case hex. */
export type EventImage = InlineImage | ReferencedImage;

export interface InlineImage {
  readonly kind: 'inline';
  readonly bytes: Uint8Array;
  readonly sha256?: string;
  readonly contentType?: string;
}

export interface ReferencedImage {
  readonly kind: 'reference';
  /** http:, https: or file: */
  readonly uri: string;
  readonly sha256?: string;
  readonly contentType?: string;
}

export type Predictions = Classification | Detection | NoPredictions;

/**
 * `classes` and the numbers are parallel; at least one of the two kinds of numbers is there. The classes
 * exclude each other; two may have one name.
 */
export interface Classification {
  readonly kind: 'classification';
  readonly classes: readonly string[];
  /** Each in 0..1; they sum to 1 within rounding, or to less (a producer may send its top 5 only). */
  readonly probabilities?: readonly number[];
  /** Where both are there, the probabilities are used; they agree which class comes first. */
  readonly logits?: readonly number[];
}

/**
 * Boxes in absolute pixels of the image as the model saw it; x, y is the top-left corner. None lies
 * wholly outside; they may stick out. What is stored may be the whole of it in another size.
 */
export interface Detection {
  readonly kind: 'detection';
  readonly boxes: readonly DetectedBox[];
  readonly imageWidth: number;
  readonly imageHeight: number;
}

export interface DetectedBox {
  readonly label: string;
  /** 0..1 */
  readonly score: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface NoPredictions {
  readonly kind: 'none';
}
