import type { AnnotatorId } from '../ids.js';

/** What a person says of a picture. */
export type LabelBody = ClassLabel | ClassesLabel | BoxLabel | PolygonLabel;

/** What every kind of label may say beside its classes, as the label set asks for it. */
export interface Remarks {
  /** Of the picture as a whole; absent where nothing was said. */
  readonly attributes?: Attributes;
  /** In the annotator's own words, not empty. */
  readonly text?: string;
}

/** By the attribute's name; never empty. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A list holds what was picked among the values of an attribute, in their order; never empty. */
export type AttributeValue = string | number | boolean | readonly string[];

export interface ClassLabel extends Remarks {
  readonly kind: 'class';
  readonly class: string;
}

/** All classes that apply, in the order of the label set; an empty list says that none does. */
export interface ClassesLabel extends Remarks {
  readonly kind: 'classes';
  readonly classes: readonly string[];
}

/** All objects of the picture; an empty list says that there are none. */
export interface BoxLabel extends Remarks {
  readonly kind: 'boxes';
  readonly boxes: readonly LabelledBox[];
}

/** The outlines of all objects of the picture; an empty list says that there are none. */
export interface PolygonLabel extends Remarks {
  readonly kind: 'polygons';
  readonly polygons: readonly LabelledPolygon[];
}

/** Absolute pixels of the upright original; x, y is the top-left corner. */
export interface LabelledBox {
  readonly class: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly attributes?: Attributes;
}

export interface LabelledPolygon {
  readonly class: string;
  /**
   * Three corners or more, in absolute pixels of the upright original, in either direction and
   * without the first again at the end. Edges meet at corners only.
   */
  readonly points: readonly Point[];
  readonly attributes?: Attributes;
}

/** x and y. */
export type Point = readonly [number, number];

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

/** What labels may say, and what annotators are told about it. */
export interface LabelSet {
  readonly name: string;
  /** 1 or more; raised with every change. */
  readonly version: number;
  readonly kind: LabelBody['kind'];
  readonly classes: readonly string[];
  /** Of the set as a whole; plain text or Markdown. */
  readonly guidelines?: string;
  /** What there is to say of single classes, each class once. */
  readonly notes?: readonly ClassNote[];
  /** One name may stand twice, for classes of which none is in both. */
  readonly attributes?: readonly AttributeRule[];
  /** Whether a label may or must say something in words; `none` where it is left out. */
  readonly text?: 'none' | 'optional' | 'required';
}

/** What annotators are told of one class. */
export interface ClassNote {
  readonly class: string;
  readonly guidelines?: string;
  /** Example pictures: ids of tasks, or paths of files. */
  readonly examples: readonly string[];
}

/** What can be said of an object, or of the picture. */
export type AttributeRule = AttributeScope & AttributeKind;

interface AttributeScope {
  readonly name: string;
  /** `object`: of each box or polygon. */
  readonly on: 'object' | 'picture';
  readonly required: boolean;
  /** Only of these classes; of all where it is left out. */
  readonly classes?: readonly string[];
}

type AttributeKind =
  /** One of the values, or some of them. */
  | { readonly kind: 'choice' | 'choices'; readonly values: readonly string[] }
  /** Bounds are inclusive. */
  | { readonly kind: 'number'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'boolean' | 'text' };
