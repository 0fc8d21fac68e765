import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../canonical-json.js';
import { madeLabel, placesApart, withoutPlaces } from '../../../test/fixtures/made-labels.js';
import { isEdgeminerError } from '../../faults.js';
import type { LabelSet } from '../label.js';
import { labelSpecs } from './label-specs.js';
import { plainMark } from './mark.js';
import { readCvatDocument } from './read-document.js';
import { readMarks } from './read-marks.js';
import { writeCvatDocument } from './write-document.js';
import { writeMarks } from './write-marks.js';

const set = (kind: LabelSet['kind']): LabelSet => ({
  name: 'animals',
  version: 2,
  kind,
  classes: ['cat', 'dog'],
  text: 'optional',
  attributes: [
    { name: 'age', on: 'object', required: true, kind: 'number', min: 0, classes: ['dog'] },
    { name: 'weather', on: 'picture', required: false, kind: 'choices', values: ['sun', 'fog'] },
    { name: 'indoors', on: 'picture', required: false, kind: 'boolean' },
  ],
});

/** Names that CVAT would take for two things are refused beforehand. */
function canBe(labelSet: LabelSet): boolean {
  try {
    labelSpecs(labelSet);
    return true;
  } catch (error) {
    if (isEdgeminerError(error)) return false;
    throw error;
  }
}

/** As CVAT 2 exports it, with what it writes besides. */
const exported = `<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <job><id>7</id><labels><label><name>cat</name><color>#ff00aa</color><type>rectangle</type></label></labels></job>
    <dumped>2026-03-01 08:00:00.000000+00:00</dumped>
  </meta>
  <image id="0" name="a.jpg" width="640" height="480">
    <box label="dog" source="manual" occluded="1" xtl="64.00" ytl="96.00" xbr="256.00" ybr="288.00" z_order="2" group_id="3">
      <attribute name="age">3</attribute>
    </box>
    <box label="cat" source="manual" occluded="0" outside="1" xtl="1.00" ytl="1.00" xbr="2.00" ybr="2.00" z_order="0">
    </box>
    <tag label="(picture)" source="manual">
      <attribute name="weather: sun">true</attribute>
      <attribute name="weather: fog">false</attribute>
      <attribute name="indoors">__undefined__</attribute>
      <attribute name="(text)"></attribute>
    </tag>
  </image>
  <image id="1" name="b.jpg" width="640" height="480">
  </image>
  <image id="2" name="c.jpg" width="640" height="480">
    <tag label="(skip)" source="manual"><attribute name="reason">only fog</attribute></tag>
  </image>
</annotations>
`;

describe('labels in CVAT for images 1.1', () => {
  it('come back as they went, places within 1e-9 of a side', () => {
    fc.assert(
      fc.property(madeLabel, ({ labelSet, image, body }) => {
        fc.pre(canBe(labelSet));
        const document = writeCvatDocument({
          name: 'batch <1>',
          labels: labelSpecs(labelSet),
          images: [{ name: 'a&b.jpg', ...image, marks: writeMarks(body, labelSet) }],
        });
        const [read] = readCvatDocument(document);
        expect(read).toMatchObject({ name: 'a&b.jpg', ...image });
        const label = readMarks(read?.marks ?? [], labelSet, false);
        expect(label).toMatchObject({ kind: 'label', dropped: [] });
        if (label.kind !== 'label') return;
        expect(canonicalJson(withoutPlaces(label.body))).toBe(canonicalJson(withoutPlaces(body)));
        expect(placesApart(label.body, body, image)).toBeLessThan(1e-9);
      }),
      { numRuns: 200 },
    );
  });

  it('are read as CVAT exports them, with what has no place named', () => {
    const images = readCvatDocument(exported);
    const read = images.map(({ marks }) => readMarks(marks, set('boxes'), false));
    const first = 'line 9, <box label="dog">';
    expect(read).toEqual([
      {
        kind: 'label',
        body: {
          kind: 'boxes',
          boxes: [{ class: 'dog', x: 64, y: 96, width: 192, height: 192, attributes: { age: 3 } }],
          attributes: { weather: ['sun'] },
        },
        dropped: [
          `'occluded' of ${first}`,
          `'z_order' of ${first}`,
          `'group_id' of ${first}`,
          'line 12, <box label="cat">, which is outside the picture',
        ],
      },
      { kind: 'nothing' },
      { kind: 'skip', reason: 'only fog' },
    ]);
    expect(readMarks([], set('boxes'), true)).toMatchObject({ body: { kind: 'boxes', boxes: [] } });
  });

  it('refuse turned boxes by name, and make polygons of them where polygons are asked for', () => {
    const turned = { ...plainMark('rectangle', 'cat', [100, 100, 164, 196], []), rotation: 90 };
    expect(readMarks([turned], set('boxes'), false)).toMatchObject({
      kind: 'refused',
      problem: 'is 90 degrees, but boxes stand upright',
    });
    const read = readMarks([turned], set('polygons'), false);
    if (read.kind !== 'label' || read.body.kind !== 'polygons') throw new Error('no polygon');
    const corners = read.body.polygons[0]?.points.flat() ?? [];
    [180, 116, 180, 180, 84, 180, 84, 116].forEach((value, at) => {
      expect(corners[at]).toBeCloseTo(value, 9);
    });
  });

  it('refuse marks that the label set has no place for', () => {
    const odd = (type: string, label = 'cat') => ({ ...plainMark('tag', label, [], []), type });
    const aged = plainMark('rectangle', 'dog', [0, 0, 1, 1], [{ name: 'age', value: 'old' }]);
    const strange = plainMark('rectangle', 'cat', [0, 0, 1, 1], [{ name: 'age', value: '3' }]);
    for (const [mark, kind, problem] of [
      [odd('polyline'), 'boxes', 'is a polyline, but the label set asks for rectangles'],
      [odd('polygon'), 'boxes', 'is a polygon'],
      [odd('tag'), 'polygons', 'is a tag'],
      [odd('rectangle'), 'class', 'asks for tags'],
      [aged, 'boxes', "is 'old', which is no number"],
      [strange, 'boxes', 'is none of the label set'],
    ] as const) {
      const read = readMarks([mark], set(kind), false);
      expect(read.kind === 'refused' && read.problem).toContain(problem);
    }
    const both = readMarks([odd('tag'), odd('tag', 'dog')], set('class'), false);
    expect(both).toMatchObject({ kind: 'refused', problem: 'there are 2 classes' });
  });

  it('refuse label sets whose names would be two things in CVAT', () => {
    const twins: LabelSet = { ...set('boxes'), classes: ['cat', '(skip)'] };
    expect(() => labelSpecs(twins)).toThrow("'(skip)' would be two things");
  });
});

describe('documents that are refused, with the line', () => {
  const nested = `<annotations>${'<a>'.repeat(40)}`;
  const laughs = `<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;">]>
<annotations><image name="&lol2;"/></annotations>`;
  const outside = `<?xml version="1.0"?>
<!DOCTYPE annotations SYSTEM "file:///etc/passwd">
<annotations/>`;
  it.each([
    ['entities', laughs, 'line 2 has a document type'],
    ['an outside document type', outside, 'line 2 has a document type'],
    ['unknown entities', '<annotations>&lol;</annotations>', 'is not XML'],
    ['deep nesting', nested, 'is nested 17 deep'],
    ['no XML', 'image,box\n1,2', 'is not XML'],
    ['half of it', exported.slice(0, 900), 'is not XML'],
    ['another root', '<labels/>', 'begins with <labels>'],
    ['tracks', '<annotations>\n<track id="0"/></annotations>', 'line 2 has tracks'],
    ['another version', '<annotations><version>1.0</version></annotations>', 'is of version 1.0'],
    [
      'what no image has',
      '<annotations><image name="a"><script/></image></annotations>',
      '<script>',
    ],
    [
      'places without numbers',
      exported.replace('xtl="64.00"', 'xtl="left"'),
      `line 9, <box label="dog"> xtl is 'left'`,
    ],
    [
      'points without numbers',
      '<annotations><image name="a"><polygon label="cat" points="1,2;3"/></image></annotations>',
      'not pairs of numbers',
    ],
  ])('%s', (_, text, message) => {
    expect(() => readCvatDocument(text)).toThrow(message);
  });

  it('too long', () => {
    expect(() => readCvatDocument(exported, { characters: 100 })).toThrow('more than 100');
  });
});
