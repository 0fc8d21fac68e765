import type { AnnotatorId } from '../ids.js';

/** What a person says of a picture. */
export type LabelBody = ClassLabel | BoxLabel;

export interface ClassLabel {
  readonly kind: 'class';
  readonly class: string;
}

/** All objects of the picture; an empty list says that there are none. */
export interface BoxLabel {
  readonly kind: 'boxes';
  readonly boxes: readonly LabelledBox[];
}

/** Absolute pixels of the upright original; x, y is the top-left corner. */
export interface LabelledBox {
  readonly class: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A label as it is kept: what, by whom, when, and against which label set. */
export interface Label {
  readonly body: LabelBody;
  /** Of several opinions, the first who said just this, else the first; or the adjudicator. */
  readonly annotator: AnnotatorId;
  /** How several opinions became one label; absent where one person labelled. */
  readonly settledBy?: 'agreement' | 'adjudication';
  /** Milliseconds since 1970-01-01 UTC. */
  readonly labelledAt: number;
  /** Name and version of the label set that it was validated against: `animals@2`. */
  readonly labelSet: string;
}

/** The classes that labels may use. */
export interface LabelSet {
  readonly name: string;
  readonly version: number;
  readonly kind: LabelBody['kind'];
  readonly classes: readonly string[];
}
