import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  anyBody,
  anyLabelSet,
  anyPolygon,
  picture,
} from '../../test/fixtures/label-arbitraries.js';
import type { AttributeRule, LabelBody, LabelSet, Point } from './label.js';
import { plainBody } from './plain-body.js';
import { validateLabel } from './validate-label.js';

const kinds: readonly LabelBody['kind'][] = ['class', 'classes', 'boxes', 'polygons'];

const colour: AttributeRule = {
  name: 'colour',
  kind: 'choice',
  on: 'object',
  required: true,
  values: ['red', 'blue'],
};
const parts: AttributeRule = {
  name: 'parts',
  kind: 'choices',
  on: 'object',
  required: false,
  values: ['head', 'tail'],
  classes: ['dog'],
};
const age: AttributeRule = {
  name: 'age',
  kind: 'number',
  on: 'object',
  required: false,
  min: 0,
  max: 30,
};
const blurred: AttributeRule = { name: 'blurred', kind: 'boolean', on: 'picture', required: true };

const outlines: LabelSet = {
  name: 'outlines',
  version: 1,
  kind: 'polygons',
  classes: ['cat', 'dog'],
  attributes: [colour, parts, age, blurred],
  text: 'optional',
};
const square: Point[] = [
  [10, 10],
  [30, 10],
  [30, 30],
  [10, 30],
];
const cat = { class: 'cat', points: square, attributes: { colour: 'red' } };
const fine = { kind: 'polygons', polygons: [cat], attributes: { blurred: false } };

function problemsOf(body: unknown, labelSet: LabelSet = outlines) {
  const result = validateLabel(body, labelSet, picture);
  return result.ok ? [] : result.problems;
}

function fieldsOf(body: unknown, labelSet: LabelSet = outlines) {
  return problemsOf(body, labelSet).map(({ field }) => field);
}

function withPoints(...points: unknown[]) {
  return { ...fine, polygons: [{ ...cat, points }] };
}

describe('validateLabel, of any kind', () => {
  it.each(kinds)('takes every valid label of %s as it is', (kind) => {
    fc.assert(
      fc.property(
        anyLabelSet(kind).chain((labelSet) => fc.tuple(fc.constant(labelSet), anyBody(labelSet))),
        ([labelSet, body]) => {
          expect(validateLabel(body, labelSet, picture)).toEqual({ ok: true, body });
          expect(validateLabel(JSON.parse(JSON.stringify(body)), labelSet, picture)).toEqual({
            ok: true,
            body,
          });
          expect(plainBody(body)).toEqual(body);
        },
      ),
    );
  });

  it('hands out classes and values in the order of the label set, and nothing that is empty', () => {
    const tags: LabelSet = {
      ...outlines,
      kind: 'classes',
      attributes: [{ ...parts, on: 'picture' }],
    };
    const sent = {
      kind: 'classes',
      classes: ['dog', 'cat'],
      attributes: { parts: ['tail', 'head'] },
      text: '  two of them\n',
    };
    expect(validateLabel(sent, tags, picture)).toEqual({
      ok: true,
      body: {
        kind: 'classes',
        classes: ['cat', 'dog'],
        attributes: { parts: ['head', 'tail'] },
        text: 'two of them',
      },
    });
    const empty = { kind: 'classes', classes: ['dog'], attributes: { parts: [] }, text: ' ' };
    expect(validateLabel(empty, tags, picture)).toEqual({
      ok: true,
      body: { kind: 'classes', classes: ['dog'] },
    });
  });

  it('names a class that is picked twice or unknown', () => {
    const tags: LabelSet = { ...outlines, kind: 'classes', attributes: [] };
    expect(fieldsOf({ kind: 'classes', classes: ['cat', 'doog', 'cat'] }, tags)).toEqual([
      'classes[1]',
      'classes[2]',
    ]);
    expect(problemsOf({ kind: 'classes', classes: ['doog'] }, tags)[0]?.mend).toContain("'dog'");
  });
});

describe('validateLabel, of polygons', () => {
  it('opens an outline that is closed, and cuts one that is out by rounding', () => {
    const closed = withPoints([-0.4, 10], [30, 10], [30, 300.5], [-0.4, 10]);
    expect(validateLabel(closed, outlines, picture)).toEqual({
      ok: true,
      body: {
        ...fine,
        polygons: [
          {
            ...cat,
            points: [
              [0, 10],
              [30, 10],
              [30, 300],
            ],
          },
        ],
      },
    });
  });

  it.each([
    ['two corners', withPoints([1, 1], [2, 2]), 'polygons[0].points', 'has 2 corners'],
    ['no corners', withPoints(), 'polygons[0].points', 'has 0 corners'],
    ['a corner outside', withPoints([1, 1], [401, 5], [1, 9]), 'polygons[0].points[1]', 'outside'],
    [
      'a doubled corner',
      withPoints([1, 1], [1, 1], [5, 5], [1, 9]),
      'polygons[0].points[1]',
      'same',
    ],
    ['no area', withPoints([1, 1], [5, 5], [9, 9]), 'polygons[0].points', 'area'],
    ['a crossing', withPoints([0, 0], [9, 9], [9, 0], [0, 5]), 'polygons[0].points', 'crosses'],
    [
      'an edge that turns back',
      withPoints([0, 0], [9, 0], [9, 9], [9, 4]),
      'polygons[0].points',
      'touches itself',
    ],
    [
      'a corner on another edge',
      withPoints([0, 0], [9, 0], [9, 9], [5, 0], [0, 9]),
      'polygons[0].points',
      'touches itself',
    ],
    ['a corner that is no pair', withPoints([1], [5, 5], [9, 1]), 'polygons[0].points[0]', 'pair'],
    [
      'a corner of text',
      withPoints(['1', 2], [5, 5], [9, 1]),
      'polygons[0].points[0][0]',
      'number',
    ],
  ])('refuses %s', (_what, body, field, words) => {
    const [problem, ...others] = problemsOf(body);
    expect(problem?.field).toBe(field);
    expect(problem?.problem).toContain(words);
    expect(others).toEqual([]);
  });

  it('finds the same outline twice, wherever it begins and whichever way it goes', () => {
    fc.assert(
      fc.property(anyPolygon, fc.nat(), fc.boolean(), (points, start, back) => {
        const at = start % points.length;
        const turned = [...points.slice(at), ...points.slice(0, at)];
        const twin = { ...cat, points: back ? turned.reverse() : turned };
        const body = { ...fine, polygons: [{ ...cat, points }, twin] };
        expect(fieldsOf(body)).toEqual(['polygons[1]']);
        const other = { ...twin, class: 'dog' };
        expect(problemsOf({ ...body, polygons: [{ ...cat, points }, other] })).toEqual([]);
      }),
    );
  });

  it('finds that a convex outline crosses itself when two neighbouring corners change places', () => {
    const anyRing = fc.tuple(fc.integer({ min: 4, max: 300 }), fc.nat(1000));
    fc.assert(
      fc.property(anyRing, ([corners, start]) => {
        const ring = Array.from({ length: corners }, (_, at): Point => {
          const angle = (2 * Math.PI * (at + start)) / corners;
          return [150 + 90 * Math.cos(angle), 150 + 90 * Math.sin(angle)];
        });
        expect(problemsOf(withPoints(...ring))).toEqual([]);
        const [first, second, ...others] = ring;
        const [problem] = problemsOf(withPoints(second, first, ...others));
        expect(problem?.problem).toContain('crosses');
      }),
    );
  });

  it('refuses more corners than can be compared', () => {
    const ring = Array.from({ length: 2001 }, (_, at): Point => {
      const angle = (2 * Math.PI * at) / 2001;
      return [100 + 90 * Math.cos(angle), 100 + 90 * Math.sin(angle)];
    });
    expect(problemsOf(withPoints(...ring))[0]?.problem).toContain('2001 corners');
    expect(problemsOf(withPoints(...ring.slice(1)))).toEqual([]);
  });
});

describe('validateLabel, of attributes', () => {
  const polygon = (attributes: unknown, name = 'cat') => ({
    ...fine,
    polygons: [{ ...cat, class: name, attributes }],
  });
  const at = 'polygons[0].attributes';

  it.each([
    ['one missing', polygon({}), `${at}.colour`, 'is missing', 'Send one of red, blue.'],
    ['none at all', polygon(undefined), `${at}.colour`, 'is missing', 'Send one of'],
    [
      'an unknown one',
      polygon({ colour: 'red', agee: 3 }),
      `${at}.agee`,
      'not an attribute',
      "'age'",
    ],
    [
      'an unknown value',
      polygon({ colour: 'blu' }),
      `${at}.colour`,
      "'blu' is not one",
      "'blue' if that was meant",
    ],
    ['another kind', polygon({ colour: 3 }), `${at}.colour`, 'is 3, not one of its', 'red, blue'],
    [
      'text for a number',
      polygon({ colour: 'red', age: '3' }),
      `${at}.age`,
      'is text',
      'from 0 to 30',
    ],
    ['too much', polygon({ colour: 'red', age: 31 }), `${at}.age`, 'above 30', 'from 0 to 30'],
    [
      'one of another class',
      polygon({ colour: 'red', parts: ['head'] }),
      `${at}.parts`,
      'is an attribute of dog, not of cat',
      'correct the class',
    ],
    [
      'one of the picture',
      polygon({ colour: 'red', blurred: true }),
      `${at}.blurred`,
      'of the picture as a whole',
      'Send it with',
    ],
    [
      'a value twice',
      polygon({ colour: 'red', parts: ['head', 'head'] }, 'dog'),
      `${at}.parts[1]`,
      'twice',
      'Remove',
    ],
    [
      'one of the picture missing',
      { ...fine, attributes: undefined },
      'attributes.blurred',
      'is missing',
      'true or false',
    ],
    ['a text that is too long', { ...fine, text: 'x'.repeat(5001) }, 'text', '5001', 'Shorten'],
    ['half a character', { ...fine, text: 'a\ud83d' }, 'text', 'half of a character', 'Unicode'],
  ])('names %s', (_what, body, field, words, mend) => {
    const [problem, ...others] = problemsOf(body);
    expect(problem?.field).toBe(field);
    expect(problem?.problem).toContain(words);
    expect(problem?.mend).toContain(mend);
    expect(others).toEqual([]);
  });

  it('asks for a text, or for none', () => {
    expect(fieldsOf(fine, { ...outlines, text: 'required' })).toEqual(['text']);
    expect(fieldsOf({ ...fine, text: 'x' }, { ...outlines, text: 'none' })).toEqual(['text']);
  });

  it('names all problems at once, in the order of the body', () => {
    const body = {
      kind: 'polygons',
      polygons: [
        { class: 'cow', points: [[1, 1]], attributes: { colour: 'green' } },
        { ...cat, attributes: { age: -1 } },
      ],
      attributes: { blurred: 'no' },
      text: 'x'.repeat(5001),
    };
    expect(fieldsOf(body)).toEqual([
      'polygons[0].class',
      'polygons[0].points',
      'polygons[0].attributes.colour',
      'polygons[1].attributes.colour',
      'polygons[1].attributes.age',
      'attributes.blurred',
      'text',
    ]);
  });
});

/** One way to damage a label, and the field that must be named for it. */
interface Damage {
  readonly body: unknown;
  readonly field: RegExp;
}

function damages(body: LabelBody, labelSet: LabelSet): Damage[] {
  const found: Damage[] = [
    { body: { ...body, extra: 1 }, field: /^extra$/ },
    { body: { ...body, kind: 'mask' }, field: /^kind$/ },
    {
      body: { ...body, attributes: { ...body.attributes, 'no such': 1 } },
      field: /^attributes\.no such$/,
    },
    { body: { ...body, text: 5 }, field: /^text$/ },
  ];
  if (body.kind === 'class') found.push({ body: { ...body, class: '?' }, field: /^class$/ });
  if (body.kind === 'classes') {
    found.push({ body: { ...body, classes: [...body.classes, '?'] }, field: /^classes\[\d+\]$/ });
  }
  if (body.kind === 'boxes' && body.boxes.length > 0) {
    const [first] = body.boxes;
    found.push(
      { body: { ...body, boxes: [...body.boxes, first] }, field: /^boxes\[\d+\]$/ },
      { body: { ...body, boxes: [{ ...first, width: 0 }] }, field: /^boxes\[0\]\.width$/ },
      { body: { ...body, boxes: [{ ...first, x: 9999 }] }, field: /^boxes\[0\]\.width$/ },
    );
  }
  if (body.kind === 'polygons' && body.polygons.length > 0) {
    const [first] = body.polygons;
    found.push(
      { body: { ...body, polygons: [...body.polygons, first] }, field: /^polygons\[\d+\]$/ },
      {
        body: { ...body, polygons: [{ ...first, points: first?.points.slice(0, 2) }] },
        field: /^polygons\[0\]\.points$/,
      },
    );
  }
  for (const rule of labelSet.attributes ?? []) {
    if (rule.on !== 'picture' || body.attributes?.[rule.name] === undefined) continue;
    const kept = Object.entries(body.attributes).filter(([name]) => name !== rule.name);
    const others = Object.fromEntries(kept);
    const field = new RegExp(`^attributes\\.${rule.name}`);
    found.push({ body: { ...body, attributes: { ...others, [rule.name]: null } }, field });
    if (rule.required) found.push({ body: { ...body, attributes: others }, field });
  }
  return found;
}

describe('validateLabel, of damaged labels', () => {
  it.each(kinds)('names the field of each damage to %s', (kind) => {
    fc.assert(
      fc.property(
        anyLabelSet(kind).chain((labelSet) => fc.tuple(fc.constant(labelSet), anyBody(labelSet))),
        ([labelSet, body]) => {
          for (const { body: damaged, field } of damages(body, labelSet)) {
            const fields = fieldsOf(damaged, labelSet);
            expect(
              fields.some((one) => field.test(one)),
              `${String(field)} in ${fields.join()}`,
            ).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
