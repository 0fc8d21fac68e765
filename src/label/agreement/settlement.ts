import type { Label, LabelBody, LabelledBox } from '../label.js';
import type { AnnotatorSkills } from './dawid-skene.js';
import type { Vote } from './votes.js';

/** What one annotator said of a picture. */
export type Answer = Pick<Label, 'annotator' | 'body'>;

export interface SettleRule {
  /**
   * Share of the opinions that must say the same, above 0.5 to 1: of a class, of whether an
   * object is there, of the class of an object, and of an attribute. 0.6 settles two of three and
   * disputes one of two.
   */
  readonly leastShare: number;
  /** Intersection over union from which two boxes are of one object, above 0 to 1. */
  readonly leastIou: number;
  /** Mean IoU of an object's boxes with the merged box below which its place is disputed, 0..1. */
  readonly leastPlacement: number;
  /**
   * What the annotators are worth, from `dawidSkene` over earlier tasks. With it a class is settled
   * by its probability, which `leastProbability` must be reached by, and not by the share of votes.
   */
  readonly skills?: AnnotatorSkills;
  /** 0.5..1; matters with `skills` only. */
  readonly leastProbability: number;
  /** Pictures that are thought to lie between two classes, 0..1; matters with `skills` only. */
  readonly ambiguousShare: number;
}

export const usualSettleRule: SettleRule = {
  leastShare: 0.6,
  leastIou: 0.5,
  leastPlacement: 0.6,
  leastProbability: 0.9,
  ambiguousShare: 0.1,
};

export type Settlement =
  | {
      readonly kind: 'agreed';
      readonly body: LabelBody;
      /**
       * 0..1: the least share of the opinions that anything in the label was settled by, also an
       * object or a class that was voted away; of a class with skills, its probability.
       */
      readonly confidence: number;
    }
  | {
      readonly kind: 'disputed';
      /** At least one; all that an adjudicator has to decide. */
      readonly why: readonly Dispute[];
    };

export type Dispute =
  /** Nobody said anything. */
  | { readonly about: 'nothing' }
  /** Some labelled by another kind of label set. */
  | { readonly about: 'kind'; readonly votes: readonly Vote[] }
  | { readonly about: 'class'; readonly votes: readonly Vote[]; readonly probability?: number }
  /** Whether one class of several applies. */
  | {
      readonly about: 'applies';
      readonly class: string;
      readonly seen: number;
      readonly of: number;
    }
  /** Whether there is an object. Of a polygon, here and below, `box` is what is around it. */
  | {
      readonly about: 'presence';
      readonly box: LabelledBox;
      readonly seen: number;
      readonly of: number;
    }
  /** What an object is. */
  | { readonly about: 'box-class'; readonly box: LabelledBox; readonly votes: readonly Vote[] }
  /** Where an object ends. */
  | {
      readonly about: 'place';
      readonly box: LabelledBox;
      readonly placement: number;
      /** The object was outlined by polygons. */
      readonly outlined?: true;
    }
  /** An attribute of an object, or without `box` of the picture. */
  | {
      readonly about: 'attribute';
      readonly attribute: string;
      readonly box?: LabelledBox;
      readonly votes: readonly Vote[];
    };

/** An opinion of one kind. */
export interface AnswerOf<K extends LabelBody['kind']> {
  readonly annotator: Answer['annotator'];
  readonly body: Extract<LabelBody, { kind: K }>;
}
