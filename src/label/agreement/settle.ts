import type { Label, LabelBody, LabelledBox } from '../label.js';
import { tally } from './coefficient.js';
import type { AnnotatorSkills } from './dawid-skene.js';
import { mergeBoxes } from './merge-boxes.js';
import type { BoxGroup } from './merge-boxes.js';
import { weighVotes } from './weigh-votes.js';

/** What one annotator said of a picture. */
export type Answer = Pick<Label, 'annotator' | 'body'>;

export interface SettleRule {
  /**
   * Share of the opinions that must say the same, above 0.5 to 1: of a class, of whether an
   * object is there, and of the class of an object. 0.6 settles two of three and disputes one
   * of two.
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
       * 0..1: the share of the opinions that said so, or with skills the probability. Of boxes:
       * the least share that any object was settled by, also one that was voted away.
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
  /** Whether there is an object. */
  | {
      readonly about: 'presence';
      readonly box: LabelledBox;
      readonly seen: number;
      readonly of: number;
    }
  /** What an object is. */
  | { readonly about: 'box-class'; readonly box: LabelledBox; readonly votes: readonly Vote[] }
  /** Where an object ends. */
  | { readonly about: 'place'; readonly box: LabelledBox; readonly placement: number };

/** Most votes first, of equally many by name. */
export interface Vote {
  readonly for: string;
  readonly votes: number;
}

/**
 * One label out of several opinions, or what they disagree about. Whatever order the opinions are
 * in, the result is the same; of several opinions of one annotator each counts.
 */
export function settle(opinions: readonly Answer[], rule: SettleRule): Settlement {
  const [first] = opinions;
  if (first === undefined) return { kind: 'disputed', why: [{ about: 'nothing' }] };
  const { kind } = first.body;
  if (opinions.some(({ body }) => body.kind !== kind)) {
    const why = { about: 'kind', votes: votesFor(opinions.map(({ body }) => body.kind)) } as const;
    return { kind: 'disputed', why: [why] };
  }
  switch (kind) {
    case 'class':
      return settleClass(
        opinions.flatMap(({ annotator, body }) =>
          body.kind === 'class' ? [{ annotator, class: body.class }] : [],
        ),
        rule,
      );
    case 'boxes':
      return settleBoxes(
        mergeBoxes(
          opinions.flatMap(({ annotator, body }) =>
            body.kind === 'boxes' ? [{ annotator, boxes: body.boxes }] : [],
          ),
          rule.leastIou,
        ),
        rule,
      );
  }
}

function settleClass(
  said: readonly { readonly annotator: Answer['annotator']; readonly class: string }[],
  rule: SettleRule,
): Settlement {
  const votes = votesFor(said.map((vote) => vote.class));
  const { skills } = rule;
  // Skills from other label sets know nothing of these classes.
  if (skills === undefined || votes.some((vote) => !skills.classes.includes(vote.for))) {
    const [first] = votes;
    const share = (first?.votes ?? 0) / said.length;
    return first !== undefined && share >= rule.leastShare
      ? { kind: 'agreed', body: { kind: 'class', class: first.for }, confidence: share }
      : { kind: 'disputed', why: [{ about: 'class', votes }] };
  }
  const { probabilities } = weighVotes(said, skills, rule.ambiguousShare);
  const probability = Math.max(...probabilities);
  const likeliest = skills.classes[probabilities.indexOf(probability)] ?? '';
  return probability >= rule.leastProbability
    ? { kind: 'agreed', body: { kind: 'class', class: likeliest }, confidence: probability }
    : { kind: 'disputed', why: [{ about: 'class', votes, probability }] };
}

function settleBoxes(groups: readonly BoxGroup[], rule: SettleRule): Settlement {
  const boxes: LabelledBox[] = [];
  const why: Dispute[] = [];
  let confidence = 1;
  for (const { members, annotators, box, placement } of groups) {
    const seen = members.length;
    const share = seen / annotators;
    if (1 - share >= rule.leastShare) {
      confidence = Math.min(confidence, 1 - share);
      continue;
    }
    if (share < rule.leastShare) why.push({ about: 'presence', box, seen, of: annotators });
    const votes = votesFor(members.map((member) => member.box.class));
    const classShare = (votes[0]?.votes ?? 0) / seen;
    if (classShare < rule.leastShare) why.push({ about: 'box-class', box, votes });
    if (placement < rule.leastPlacement) why.push({ about: 'place', box, placement });
    confidence = Math.min(confidence, share, classShare);
    boxes.push(box);
  }
  return why.length > 0
    ? { kind: 'disputed', why }
    : { kind: 'agreed', body: { kind: 'boxes', boxes }, confidence };
}

function votesFor(names: readonly string[]): Vote[] {
  return [...tally(names)]
    .map(([name, votes]) => ({ for: name, votes }))
    .sort((a, b) => b.votes - a.votes || (a.for < b.for ? -1 : 1));
}
