import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../canonical-json.js';
import { madeLabel, placesApart, withoutPlaces } from '../../../test/fixtures/made-labels.js';
import type { LabelSet } from '../label.js';
import { labellingConfig } from './labelling-config.js';
import { readResults, remarkIn } from './read-results.js';
import { writeResults } from './write-results.js';

const image = { width: 640, height: 480 };
const set = (kind: LabelSet['kind']): LabelSet => ({
  name: 'animals',
  version: 2,
  kind,
  classes: ['cat', 'dog'],
  text: 'optional',
  attributes: [
    { name: 'colour', on: 'object', required: false, kind: 'choice', values: ['red', 'grey'] },
    { name: 'age', on: 'object', required: true, kind: 'number', min: 0, classes: ['dog'] },
    { name: 'weather', on: 'picture', required: false, kind: 'choices', values: ['sun', 'fog'] },
    { name: 'indoors', on: 'picture', required: false, kind: 'boolean' },
  ],
});

const box = (value: object, more: object = {}) => ({
  id: 'a',
  from_name: 'label',
  to_name: 'image',
  type: 'rectanglelabels',
  original_width: 640,
  original_height: 480,
  image_rotation: 0,
  value: { x: 10, y: 20, width: 30, height: 40, rotation: 0, rectanglelabels: ['cat'], ...value },
  ...more,
});

describe('labels in Label Studio', () => {
  it('come back as they went, places within 1e-9 of a side', () => {
    fc.assert(
      fc.property(madeLabel, ({ labelSet, image, body }) => {
        const sent: unknown = JSON.parse(JSON.stringify(writeResults(body, labelSet, image)));
        const read = readResults(sent, labelSet, image);
        expect(read).toMatchObject({ kind: 'label', dropped: [] });
        if (read.kind !== 'label') return;
        expect(canonicalJson(withoutPlaces(read.body))).toBe(canonicalJson(withoutPlaces(body)));
        expect(placesApart(read.body, body, image)).toBeLessThan(1e-9);
      }),
      { numRuns: 200 },
    );
  });

  it('are percentages of the upright picture', () => {
    const boxes = [{ class: 'cat', x: 64, y: 96, width: 192, height: 192 }];
    expect(writeResults({ kind: 'boxes', boxes }, set('boxes'), image)).toEqual([
      { ...box({}), id: 'box-0' },
    ]);
  });

  it('say what an annotator drew and answered', () => {
    const results = [
      box({ rectanglelabels: ['dog'] }),
      {
        id: 'a',
        from_name: 'object:age',
        to_name: 'image',
        type: 'number',
        value: { x: 10, y: 20, width: 30, height: 40, number: 3 },
      },
      {
        id: 'w',
        from_name: 'picture:weather',
        type: 'choices',
        value: { choices: ['fog', 'sun'] },
      },
      { id: 'i', from_name: 'picture:indoors', type: 'choices', value: { choices: ['no'] } },
      { id: 't', from_name: 'text', type: 'textarea', value: { text: ['one', 'two'] } },
      { type: 'relation', from_id: 'a', to_id: 'b', direction: 'right' },
      { id: 'gone', from_name: 'object:age', type: 'number', value: { number: 1 } },
    ];
    expect(readResults(results, set('boxes'), image)).toEqual({
      kind: 'label',
      body: {
        kind: 'boxes',
        boxes: [{ class: 'dog', x: 64, y: 96, width: 192, height: 192, attributes: { age: 3 } }],
        attributes: { weather: ['sun', 'fog'], indoors: false },
        text: 'one\ntwo',
      },
      dropped: ['a relation between objects', "'age' of a region that is gone"],
    });
    expect(remarkIn(results)).toBe('one\ntwo');
    expect(remarkIn('nonsense')).toBeUndefined();
  });

  it('refuse turned boxes by name, and make polygons of them where polygons are asked for', () => {
    const turned = [box({ x: 50, y: 50, width: 10, height: 20, rotation: 90 })];
    expect(readResults(turned, set('boxes'), image)).toMatchObject({
      kind: 'refused',
      field: 'result[0].value.rotation',
      problem: 'is 90 degrees, but boxes stand upright',
    });
    const read = readResults(turned, set('polygons'), image);
    expect(read).toMatchObject({ kind: 'label' });
    if (read.kind !== 'label' || read.body.kind !== 'polygons') return;
    const corners = read.body.polygons[0]?.points.flat() ?? [];
    // 64 x 96 pixels, turned clockwise about the corner at 320, 240.
    [320, 240, 320, 304, 224, 304, 224, 240].forEach((value, at) => {
      expect(corners[at]).toBeCloseTo(value, 9);
    });
  });

  const refused: readonly (readonly [string, LabelSet['kind'], unknown, string, string])[] = [
    ['no list', 'boxes', { id: 1 }, 'result[0]', 'does not read'],
    ['JSON-MIN', 'boxes', [{ x: 1, y: 2 }], 'result[0].type', 'does not read'],
    [
      'no class',
      'boxes',
      [box({ rectanglelabels: [] })],
      'result[0].value.rectanglelabels',
      'no class',
    ],
    [
      'two classes',
      'boxes',
      [box({ rectanglelabels: ['cat', 'dog'] })],
      'result[0].value.rectanglelabels',
      '2 classes',
    ],
    [
      'a turned picture',
      'boxes',
      [box({}, { image_rotation: 90 })],
      'result[0].image_rotation',
      'turned picture',
    ],
    [
      'another picture',
      'boxes',
      [box({}, { original_width: 480, original_height: 640 })],
      'result[0].original_width',
      '480 x 640',
    ],
    ['no width', 'boxes', [box({ width: undefined })], 'result[0].value', 'lacks'],
    ['a brush', 'boxes', [box({}, { type: 'brushlabels' })], 'result[0]', 'brushlabels'],
    ['a region', 'class', [box({})], 'result[0]', 'whole picture'],
    [
      'an open polygon',
      'polygons',
      [box({ points: [[1, 2]], closed: false, polygonlabels: ['cat'] }, { type: 'polygonlabels' })],
      'result[0].value.points',
      'closed',
    ],
    ['nothing chosen', 'class', [], 'result', 'no class'],
    [
      'neither yes nor no',
      'boxes',
      [{ from_name: 'picture:indoors', type: 'choices', value: { choices: ['perhaps'] } }],
      'result[0].value',
      "'perhaps'",
    ],
  ];
  it.each(refused)('refuse %s', (_, kind, results, field, problem) => {
    const read = readResults(results, set(kind), image);
    expect(read).toMatchObject({ kind: 'refused', field });
    expect(read.kind === 'refused' && read.problem).toContain(problem);
  });

  it('take a smaller copy of the picture for the picture', () => {
    const copy = [box({}, { original_width: 213, original_height: 160 })];
    expect(readResults(copy, set('boxes'), image)).toMatchObject({ kind: 'label' });
  });
});

describe('the labelling configuration', () => {
  it('is XML of the tags that the label set needs, whatever its names', () => {
    fc.assert(
      fc.property(madeLabel, ({ labelSet }) => {
        const found: string[] = [];
        const parser = new SaxesParser();
        parser.on('opentag', ({ name, attributes }) => {
          if (name === 'Choice' || name === 'Label') found.push(attributes['value'] ?? '');
        });
        parser.write(labellingConfig(labelSet)).close();
        expect(found.slice(0, labelSet.classes.length)).toEqual(labelSet.classes);
      }),
    );
  });

  it('asks for what the label set asks for', () => {
    expect(labellingConfig(set('boxes'))).toBe(`<View>
  <Image name="image" value="$image" zoom="true" zoomControl="true"/>
  <RectangleLabels name="label" toName="image" canRotate="false">
    <Label value="cat"/>
    <Label value="dog"/>
  </RectangleLabels>
  <Header value="colour" size="6"/>
  <Choices name="object:colour" toName="image" perRegion="true" choice="single">
    <Choice value="red"/>
    <Choice value="grey"/>
  </Choices>
  <Header value="age" size="6"/>
  <Number name="object:age" toName="image" perRegion="true" required="true" whenTagName="label" whenLabelValue="dog" visibleWhen="region-selected" min="0" step="any"/>
  <Header value="weather" size="6"/>
  <Choices name="picture:weather" toName="image" choice="multiple">
    <Choice value="sun"/>
    <Choice value="fog"/>
  </Choices>
  <Header value="indoors" size="6"/>
  <Choices name="picture:indoors" toName="image" choice="single">
    <Choice value="yes"/>
    <Choice value="no"/>
  </Choices>
  <TextArea name="text" toName="image" maxSubmissions="1" editable="true" placeholder="In your own words"/>
</View>
`);
  });
});
