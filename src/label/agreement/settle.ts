import type { LabelBody } from '../label.js';
import { settleClass, settleClasses } from './settle-classes.js';
import { settleBoxes, settlePolygons } from './settle-shapes.js';
import type { Answer, AnswerOf, Settlement, SettleRule } from './settlement.js';
import { votesFor } from './votes.js';

/**
 * One label out of several opinions, or what they disagree about. Whatever order the opinions are
 * in, the result is the same; of several opinions of one annotator each counts.
 *
 * Attributes are settled among those who said the class that won. The text is that of the opinion
 * that won, or that is nearest to the label; of several the one that most of them gave.
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
      return settleClass(ofKind('class', opinions), rule);
    case 'classes':
      return settleClasses(ofKind('classes', opinions), rule);
    case 'boxes':
      return settleBoxes(ofKind('boxes', opinions), rule);
    case 'polygons':
      return settlePolygons(ofKind('polygons', opinions), rule);
  }
}

function ofKind<K extends LabelBody['kind']>(kind: K, opinions: readonly Answer[]): AnswerOf<K>[] {
  const isOfKind = (answer: Answer): answer is Answer & AnswerOf<K> => answer.body.kind === kind;
  return opinions.filter(isOfKind);
}
