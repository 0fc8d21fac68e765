import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBody, anyLabelSet, picture } from '../../test/fixtures/label-arbitraries.js';
import type { Attributes, LabelBody, LabelSet } from './label.js';
import { classesNamed } from './label-classes.js';
import type { Invalidated } from './label-set-change.js';
import { describeInvalidated, labelSetChanges } from './label-set-changes.js';
import { citesLabelSet, labelSetFromText, labelSetText, sameLabelSet } from './label-set.js';
import { validateLabel } from './validate-label.js';

const animals: LabelSet = {
  name: 'animals',
  version: 1,
  kind: 'boxes',
  classes: ['cat', 'dog', 'cow'],
  attributes: [
    { name: 'colour', kind: 'choice', on: 'object', required: false, values: ['red', 'blue'] },
    { name: 'age', kind: 'number', on: 'object', required: false, min: 0, max: 30 },
  ],
};
const [colour, age] = animals.attributes ?? [];

function changed(after: Partial<LabelSet>): string[] {
  return labelSetChanges(animals, { ...animals, version: 2, ...after }).map(
    ({ what, invalidates }) => `${what} | ${describeInvalidated(invalidates)}`,
  );
}

describe('labelSetChanges', () => {
  it('of nothing says nothing', () => {
    expect(changed({})).toEqual([]);
  });

  it('of a set as it was recorded, with one name for several classes, says nothing', () => {
    const twice: LabelSet = {
      ...animals,
      attributes: [
        { name: 'size', kind: 'number', on: 'object', required: false, min: 0, classes: ['cat'] },
        { name: 'size', kind: 'text', on: 'object', required: true, classes: ['dog', 'cow'] },
      ],
    };
    const recorded = labelSetFromText(labelSetText(twice));
    expect(labelSetChanges(recorded, twice)).toEqual([]);
    expect(labelSetChanges(twice, recorded)).toEqual([]);
  });

  it.each<[string, Partial<LabelSet>, string[]]>([
    [
      'kind',
      { kind: 'polygons' },
      ['Labels are of kind polygons, not boxes any more. | all labels'],
    ],
    [
      'classes',
      { classes: ['dog', 'cat', 'wolf'] },
      [
        "The class 'cow' was removed. | labels with the class 'cow'",
        "The class 'wolf' was added; labels from before don't know it. | no label",
        'The classes stand in another order. | no label',
      ],
    ],
    [
      'values and bounds',
      {
        attributes: [
          {
            name: 'colour',
            kind: 'choice',
            on: 'object',
            required: false,
            values: ['blue', 'green'],
          },
          { name: 'age', kind: 'number', on: 'object', required: false, min: 1 },
        ],
      },
      [
        "'red' is not a value of 'colour' any more. | labels with the attribute 'colour': red",
        "'green' is a new value of 'colour'. | no label",
        "The least value of 'age' is 1; it was 0. | labels with the attribute 'age': below 1",
        "The greatest value of 'age' is free; it was 30. | no label",
      ],
    ],
    [
      'an attribute less, and one more that is required',
      {
        attributes: [
          ...(age === undefined ? [] : [age]),
          { name: 'pose', kind: 'text', on: 'object', required: true, classes: ['dog'] },
        ],
      },
      [
        "The attribute 'colour' was removed. | labels with the attribute 'colour'",
        "The attribute 'pose' of dog was added, and is required. | labels without the attribute 'pose', of dog",
      ],
    ],
    [
      'an attribute that is required, and for other classes',
      {
        attributes: [
          ...(colour === undefined ? [] : [{ ...colour, required: true, classes: ['cat', 'dog'] }]),
          ...(age === undefined ? [] : [age]),
        ],
      },
      [
        "The attribute 'colour' is required. | labels without the attribute 'colour', of cat, dog",
        "The attribute 'colour' is not for cow any more. | labels with the attribute 'colour', of cow",
      ],
    ],
    [
      'an attribute of another kind, and one of the picture',
      {
        attributes: [
          { name: 'colour', kind: 'text', on: 'object', required: false },
          { name: 'age', kind: 'number', on: 'picture', required: false },
        ],
      },
      [
        "The attribute 'colour' is a text, not a choice any more. | labels with the attribute 'colour'",
        "The attribute 'age' is of the picture, not of each object any more. | labels with the attribute 'age'",
      ],
    ],
    [
      'text',
      { text: 'optional' },
      ['The text of a label is optional; it was not asked for. | no label'],
    ],
    [
      'text that must be there',
      { text: 'required' },
      ['The text of a label is required; it was not asked for. | labels without a text'],
    ],
    [
      'what annotators are told',
      {
        guidelines: 'New.',
        notes: [{ class: 'dog', guidelines: 'No wolves.', examples: ['a.jpg'] }],
      },
      [
        'The guidelines changed. | no label',
        "The guidelines of 'dog' changed. | no label",
        "The example pictures of 'dog' changed. | no label",
      ],
    ],
  ])('tells a change of %s', (_what, after, expected) => {
    expect(changed(after)).toEqual(expected);
  });

  it('covers every label that a change makes invalid', () => {
    const kinds = fc.constantFrom<LabelBody['kind']>('class', 'classes', 'boxes', 'polygons');
    const anyChange = fc
      .tuple(kinds, kinds, fc.integer({ min: 0, max: 3 }))
      .chain(([kind, other, same]) =>
        fc.tuple(anyLabelSet(kind), anyLabelSet(same === 0 ? other : kind)),
      )
      .chain(([before, after]) =>
        fc.tuple(fc.constant(before), fc.constant({ ...after, version: 4 }), anyBody(before)),
      );
    fc.assert(
      fc.property(anyChange, ([before, after, body]) => {
        const changes = labelSetChanges(before, after);
        if (sameLabelSet({ ...before, version: 4 }, after)) expect(changes).toEqual([]);
        if (validateLabel(body, after, picture).ok) return;
        const covering = changes.filter(({ invalidates }) => covers(invalidates, body));
        expect(covering.length, changes.map(({ what }) => what).join(' ')).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });
});

/** Whether the label is among those that a change invalidates, taken widely. */
function covers(invalidated: Invalidated, body: LabelBody): boolean {
  const shapes: readonly { readonly class: string; readonly attributes?: Attributes }[] =
    body.kind === 'boxes' ? body.boxes : body.kind === 'polygons' ? body.polygons : [];
  const scopes = [
    ...shapes.map((shape) => ({ classes: [shape.class], attributes: shape.attributes })),
    { classes: classesNamed(body), attributes: body.attributes },
  ];
  const inScope = (classes: readonly string[] | undefined, named: readonly string[]) =>
    classes === undefined || classes.some((name) => named.includes(name));
  switch (invalidated.kind) {
    case 'nothing':
      return false;
    case 'all':
      return true;
    case 'labels-with-class':
      return classesNamed(body).includes(invalidated.class);
    case 'labels-with-attribute':
      return scopes.some(
        ({ classes, attributes }) =>
          attributes?.[invalidated.attribute] !== undefined &&
          inScope(invalidated.classes, classes),
      );
    case 'labels-without-attribute':
      return scopes.some(
        ({ classes, attributes }) =>
          attributes?.[invalidated.attribute] === undefined &&
          inScope(invalidated.classes, classes),
      );
    case 'labels-with-text':
      return body.text !== undefined;
    case 'labels-without-text':
      return body.text === undefined;
  }
}

describe('a label set as text', () => {
  it('comes back the same, and is the same text in whatever order it was written', () => {
    const kinds = fc.constantFrom<LabelBody['kind']>('class', 'classes', 'boxes', 'polygons');
    fc.assert(
      fc.property(kinds.chain(anyLabelSet), (labelSet) => {
        const text = labelSetText(labelSet);
        expect(sameLabelSet(labelSetFromText(text), labelSet)).toBe(true);
        const turned = Object.fromEntries(Object.entries(labelSet).reverse());
        expect(labelSetText(turned as unknown as LabelSet)).toBe(text);
      }),
    );
  });

  it('is cited by name and version', () => {
    expect(citesLabelSet('animals@2', 'animals')).toBe(true);
    for (const other of ['animals', 'animals@', 'animals@x', 'animals2@2', 'my animals@2']) {
      expect(citesLabelSet(other, 'animals')).toBe(false);
    }
  });
});
