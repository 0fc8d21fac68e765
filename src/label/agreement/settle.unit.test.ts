import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotatorId } from '../../ids.js';
import type { AnnotatorId } from '../../ids.js';
import type { LabelBody, LabelledBox } from '../label.js';
import { mildPrior } from './confusion-prior.js';
import { describeDispute } from './describe-dispute.js';
import { settle } from './settle.js';
import { usualSettleRule } from './settlement.js';
import type { Answer, Dispute, Settlement } from './settlement.js';

const rule = usualSettleRule;

function opinions(...bodies: LabelBody[]): Answer[] {
  return bodies.map((body, at) => ({ annotator: annotatorId(`annotator ${at}`), body }));
}

function named(...classes: string[]): Answer[] {
  return opinions(...classes.map((name): LabelBody => ({ kind: 'class', class: name })));
}

function drawn(...lists: LabelledBox[][]): Answer[] {
  return opinions(...lists.map((boxes): LabelBody => ({ kind: 'boxes', boxes })));
}

function disputes(settlement: Settlement): readonly Dispute[] {
  return settlement.kind === 'disputed' ? settlement.why : [];
}

const cat: LabelledBox = { class: 'cat', x: 10, y: 20, width: 40, height: 30 };
const bird: LabelledBox = { class: 'bird', x: 200, y: 20, width: 20, height: 20 };

describe('settle', () => {
  it('settles a class by the share of votes', () => {
    expect(settle(named('ant'), rule)).toEqual({
      kind: 'agreed',
      body: { kind: 'class', class: 'ant' },
      confidence: 1,
    });
    expect(settle(named('ant', 'bee', 'ant'), rule)).toMatchObject({
      kind: 'agreed',
      body: { class: 'ant' },
      confidence: 2 / 3,
    });
    expect(settle(named('bee', 'ant'), rule)).toEqual({
      kind: 'disputed',
      why: [
        {
          about: 'class',
          votes: [
            { for: 'ant', votes: 1 },
            { for: 'bee', votes: 1 },
          ],
        },
      ],
    });
    expect(settle(named('ant', 'bee', 'ant'), { ...rule, leastShare: 0.75 }).kind).toBe('disputed');
  });

  it('lets what annotators are worth outweigh their number', () => {
    const skills = {
      classes: ['ant', 'bee'],
      classShares: [0.5, 0.5],
      confusions: new Map<AnnotatorId, number[][]>([
        [
          annotatorId('annotator 0'),
          [
            [0.99, 0.01],
            [0.01, 0.99],
          ],
        ],
        ...[1, 2].map(
          (at) =>
            [
              annotatorId(`annotator ${at}`),
              [
                [0.5, 0.5],
                [0.5, 0.5],
              ],
            ] as [AnnotatorId, number[][]],
        ),
      ]),
      prior: mildPrior,
    };
    const weighed = { ...rule, skills, ambiguousShare: 0 };
    const settled = settle(named('ant', 'bee', 'bee'), weighed);
    expect(settled).toMatchObject({ kind: 'agreed', body: { class: 'ant' } });
    expect(settled.kind === 'agreed' ? settled.confidence : 0).toBeCloseTo(0.99, 9);
    // A picture between two classes explains a split better than two mistakes of skilled people.
    const doubtful = { ...weighed, ambiguousShare: 0.2 };
    expect(settle(named('ant', 'bee', 'bee'), doubtful).kind).toBe('disputed');
    expect(settle(named('ant', 'ant', 'ant'), doubtful)).toMatchObject({ body: { class: 'ant' } });
    // Two strangers who disagree, and a class that the skills have not seen.
    const strangers = named('x', 'y', 'z', 'ant', 'bee').slice(3);
    expect(disputes(settle(strangers, weighed))).toMatchObject([
      { about: 'class', probability: 0.5 },
    ]);
    expect(settle(named('owl', 'owl', 'bee'), weighed)).toMatchObject({ body: { class: 'owl' } });
  });

  it('merges boxes, and votes an object away', () => {
    const settled = settle(
      drawn([cat, bird], [{ ...cat, x: 12 }], [{ ...cat, x: 11, class: 'dog' }]),
      rule,
    );
    expect(settled).toEqual({
      kind: 'agreed',
      body: { kind: 'boxes', boxes: [{ ...cat, x: 11 }] },
      confidence: 2 / 3,
    });
    expect(settle(drawn([], []), rule)).toMatchObject({ body: { boxes: [] }, confidence: 1 });
  });

  it('names each object that is disputed, and why', () => {
    const wide = { ...cat, width: 75 };
    const why = disputes(settle(drawn([cat, bird], [wide, { ...bird, class: 'bat' }]), rule));
    expect(why.map(({ about }) => about)).toEqual(['box-class']);
    const strict = { ...rule, leastPlacement: 0.8 };
    expect(disputes(settle(drawn([cat, bird], [wide]), strict)).map(({ about }) => about)).toEqual([
      'place',
      'presence',
    ]);
  });

  it('disputes opinions of two kinds, and none at all', () => {
    expect(disputes(settle([...named('ant'), ...drawn([])], rule))).toMatchObject([
      { about: 'kind' },
    ]);
    expect(disputes(settle([], rule))).toEqual([{ about: 'nothing' }]);
  });

  it('does not mind the order, and is sure of what all say', () => {
    const classes = fc.constantFrom('ant', 'bee', 'cow');
    const answers = fc.array(classes, { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(answers, (said) => {
        const given = named(...said);
        const settled = settle(given, rule);
        expect(settle(given.toReversed(), rule)).toEqual(settled);
        if (new Set(said).size === 1) expect(settled).toMatchObject({ confidence: 1 });
        if (settled.kind === 'agreed') expect(settled.confidence).toBeGreaterThanOrEqual(0.6);
      }),
    );
  });
});

describe('describeDispute', () => {
  it('says in a sentence what an adjudicator has to decide', () => {
    const votes = [
      { for: 'ant', votes: 2 },
      { for: 'bee', votes: 1 },
    ];
    const all: Dispute[] = [
      { about: 'nothing' },
      { about: 'kind', votes },
      { about: 'class', votes },
      { about: 'class', votes, probability: 0.714 },
      { about: 'presence', box: cat, seen: 1, of: 2 },
      { about: 'box-class', box: cat, votes },
      { about: 'place', box: cat, placement: 0.41 },
    ];
    expect(all.map(describeDispute)).toEqual([
      'Nobody has given an opinion.',
      'The opinions are of different kinds: ant (2), bee (1).',
      'The picture is called ant (2), bee (1).',
      'The picture is called ant (2), bee (1); by what the annotators are worth, the likeliest is 71 % sure.',
      '1 of 2 see a cat at 10, 20 (40 x 30 pixels).',
      'The object at 10, 20 (40 x 30 pixels) is called ant (2), bee (1).',
      'The boxes of the cat at 10, 20 (40 x 30 pixels) share only 41 % with their median.',
    ]);
  });
});
