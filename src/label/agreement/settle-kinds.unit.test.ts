import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anyBody,
  anyLabelSet,
  anyPolygon,
  picture,
} from '../../../test/fixtures/label-arbitraries.js';
import { annotatorId, taskId } from '../../ids.js';
import type { LabelBody, LabelledPolygon, LabelSet, Point } from '../label.js';
import { polygonArea } from '../polygon-geometry.js';
import { validateLabel } from '../validate-label.js';
import { describeDispute } from './describe-dispute.js';
import { markGold } from './gold-answer.js';
import { polygonOverlap } from './polygon-overlap.js';
import { qualityReport } from './quality-report.js';
import { settle } from './settle.js';
import { usualSettleRule } from './settlement.js';
import type { Answer, Settlement } from './settlement.js';

const rule = usualSettleRule;

function opinions(...bodies: LabelBody[]): Answer[] {
  return bodies.map((body, at) => ({ annotator: annotatorId(`annotator ${at}`), body }));
}

function sentences(settlement: Settlement): string[] {
  return settlement.kind === 'disputed' ? settlement.why.map(describeDispute) : [];
}

function square(x: number, y: number, side = 40): Point[] {
  return [
    [x, y],
    [x + side, y],
    [x + side, y + side],
    [x, y + side],
  ];
}

function outlined(...polygons: LabelledPolygon[]): LabelBody {
  return { kind: 'polygons', polygons };
}

const picked = (...classes: string[]): LabelBody => ({ kind: 'classes', classes });

describe('settle, of several classes', () => {
  it('votes on each class by itself, and keeps the order of the label set', () => {
    const said = opinions(picked('wolf', 'cat'), picked('wolf', 'cat', 'bird'), picked('cat'));
    expect(settle(said, rule)).toEqual({
      kind: 'agreed',
      body: picked('wolf', 'cat'),
      confidence: 2 / 3,
    });
    expect(settle(opinions(picked(), picked()), rule)).toEqual({
      kind: 'agreed',
      body: picked(),
      confidence: 1,
    });
  });

  it('says of which class there is no majority', () => {
    expect(sentences(settle(opinions(picked('cat'), picked('cat', 'dog')), rule))).toEqual([
      '1 of 2 say that dog applies.',
    ]);
  });
});

describe('settle, of polygons', () => {
  it('takes the outline that shares most with the others', () => {
    const middle = { class: 'cat', points: square(12, 10) };
    const said = opinions(
      outlined({ class: 'cat', points: square(6, 10) }),
      outlined(middle),
      outlined({ class: 'dog', points: square(18, 10) }),
    );
    expect(settle(said, rule)).toEqual({
      kind: 'agreed',
      body: outlined(middle),
      confidence: 2 / 3,
    });
  });

  it('says where outlines, classes and presence are disputed', () => {
    const said = opinions(
      outlined({ class: 'cat', points: square(10, 10) }),
      outlined({ class: 'dog', points: square(10, 10) }, { class: 'dog', points: square(200, 10) }),
    );
    expect(sentences(settle(said, rule))).toEqual([
      'The object at 10, 10 (40 x 40 pixels) is called cat (1), dog (1).',
      '1 of 2 see a dog at 200, 10 (40 x 40 pixels).',
    ]);
    const apart = opinions(
      outlined({ class: 'cat', points: square(10, 10) }),
      outlined({ class: 'cat', points: square(22, 10) }),
    );
    expect(sentences(settle(apart, { ...rule, leastPlacement: 0.9 }))).toEqual([
      'The outlines of the cat at 10, 10 (40 x 40 pixels) share only 77 % with the one that fits them best.',
    ]);
  });
});

describe('settle, of attributes and text', () => {
  const cat = (
    attributes: Readonly<Record<string, string | number>>,
    text?: string,
  ): LabelBody => ({
    kind: 'class',
    class: 'cat',
    attributes,
    ...(text === undefined ? {} : { text }),
  });

  it('takes what most of those say who said the class that won', () => {
    const said = opinions(
      cat({ colour: 'red', age: 3 }, 'asleep'),
      cat({ colour: 'red', age: 4 }, 'asleep'),
      cat({ colour: 'red', age: 3 }),
      { kind: 'class', class: 'dog', attributes: { colour: 'blue' }, text: 'awake' },
    );
    expect(settle(said, rule)).toEqual({
      kind: 'agreed',
      body: cat({ age: 3, colour: 'red' }, 'asleep'),
      confidence: 2 / 3,
    });
  });

  it('says which attribute of which object is disputed', () => {
    const box = { class: 'cat', x: 1, y: 2, width: 30, height: 40 };
    const boxes = (...parts: string[]): LabelBody => ({
      kind: 'boxes',
      boxes: [
        { ...box, attributes: parts.length === 0 ? { blurred: true } : { parts, blurred: true } },
      ],
      attributes: { light: parts.length === 0 ? 'day' : 'night' },
    });
    expect(sentences(settle(opinions(boxes(), boxes('head', 'tail')), rule))).toEqual([
      'Of the cat at 1, 2 (30 x 40 pixels), parts is said to be (nothing) (1), head and tail (1).',
      'Of the picture, light is said to be day (1), night (1).',
    ]);
  });

  it('takes the text of the opinion that is nearest to the settled boxes', () => {
    const boxes = (x: number, text: string): LabelBody => ({
      kind: 'boxes',
      boxes: [{ class: 'cat', x, y: 0, width: 40, height: 40 }],
      text,
    });
    const settled = settle(opinions(boxes(0, 'left'), boxes(3, 'middle'), boxes(9, 'right')), rule);
    expect(settled).toMatchObject({ kind: 'agreed', body: { text: 'middle' } });
  });
});

describe('settle, of any labels', () => {
  const kinds = fc.constantFrom<LabelBody['kind']>('class', 'classes', 'boxes', 'polygons');
  const anyRound = kinds
    .chain(anyLabelSet)
    .chain((labelSet) =>
      fc.tuple(
        fc.constant<LabelSet>(labelSet),
        fc.array(anyBody(labelSet), { minLength: 1, maxLength: 4 }),
      ),
    );

  it('agrees with one person, and with people who all say the same', () => {
    fc.assert(
      fc.property(anyRound, fc.integer({ min: 1, max: 4 }), ([, [body]], times) => {
        if (body === undefined) return;
        const said = opinions(...Array.from({ length: times }, () => body));
        const settled = settle(said, rule);
        expect(settled.kind === 'agreed' && sorted(settled.body)).toEqual(sorted(body));
      }),
      { numRuns: 60 },
    );
  });

  it('does not mind the order of opinions, and hands out labels that fit the label set', () => {
    fc.assert(
      fc.property(anyRound, ([labelSet, bodies]) => {
        const said = opinions(...bodies);
        const settled = settle(said, rule);
        expect(settle(said.toReversed(), rule)).toEqual(settled);
        if (settled.kind === 'disputed') {
          for (const sentence of sentences(settled)) expect(sentence).toMatch(/^[A-Z\d].*\.$/s);
          return;
        }
        const checked = validateLabel(settled.body, labelSet, picture);
        const shapesOnly = checked.ok
          ? []
          : checked.problems.filter(({ field }) => !/attributes|^text$/.test(field));
        expect(shapesOnly).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});

/** Objects come out in the order in which they were gathered. */
function sorted(body: LabelBody): unknown {
  const key = (shape: object) => JSON.stringify(shape);
  if (body.kind === 'boxes')
    return { ...body, boxes: body.boxes.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)) };
  if (body.kind === 'polygons') {
    return { ...body, polygons: body.polygons.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)) };
  }
  return body;
}

describe('polygonOverlap', () => {
  it('is the shared area over the covered one', () => {
    expect(polygonOverlap(square(0, 0), square(20, 0))).toBeCloseTo(1 / 3, 12);
    expect(polygonOverlap(square(0, 0), square(40, 0))).toBe(0);
    expect(polygonOverlap(square(0, 0), square(10, 10, 20))).toBeCloseTo(400 / 1600, 12);
  });

  it('is between 0 and 1, the same both ways, and 1 with itself', () => {
    fc.assert(
      fc.property(anyPolygon, anyPolygon, (one, other) => {
        const overlap = polygonOverlap(one, other);
        expect(overlap).toBeGreaterThanOrEqual(0);
        expect(overlap).toBeLessThanOrEqual(1);
        expect(polygonOverlap(other.toReversed(), one)).toBeCloseTo(overlap, 9);
        expect(polygonOverlap(one, one)).toBeCloseTo(1, 9);
        expect(polygonArea(one)).toBeGreaterThan(0);
      }),
    );
  });
});

describe('gold tasks and the quality report', () => {
  it('mark classes and outlines', () => {
    expect(markGold(picked('cat'), picked('cat', 'dog'))).toEqual({
      right: false,
      objects: [
        { class: 'cat', right: true },
        { class: 'dog', right: false },
      ],
    });
    expect(markGold(picked(), picked())).toEqual({ right: true, objects: [] });
    const gold = outlined({ class: 'cat', points: square(0, 0) });
    expect(markGold(outlined({ class: 'cat', points: square(2, 2) }), gold).right).toBe(true);
    expect(markGold(outlined({ class: 'cat', points: square(30, 30) }), gold).right).toBe(false);
    expect(markGold(picked('cat'), gold).objects).toEqual([{ class: 'cat', right: false }]);
  });

  it('report each kind by itself', () => {
    const task = {
      predictions: { kind: 'none' },
      image: picture,
      predictionHidden: false,
    } as const;
    const cat = { class: 'cat', points: square(0, 0) };
    const report = qualityReport([
      { task: taskId('one'), opinions: opinions(picked('cat'), picked('cat', 'dog')), ...task },
      { task: taskId('two'), opinions: opinions(outlined(cat), outlined(cat)), ...task },
    ]);
    expect(report.classes).toBeUndefined();
    expect(report.boxes).toBeUndefined();
    expect(report.severalClasses).toMatchObject({ tasks: 1, opinions: 2 });
    expect(report.severalClasses?.alpha).toMatchObject({ kind: 'measured', units: 2 });
    expect(report.polygons).toMatchObject({ tasks: 1, f1: 1, meanIou: 1 });
  });
});
