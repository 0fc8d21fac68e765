import { ruleOf, unknownAttribute } from '../attribute-rules.js';
import { classesNamed } from '../label-classes.js';
import type { Attributes, AttributeRule, LabelBody, LabelSet } from '../label.js';
import { attributeSlots, pictureTag, textAttribute } from './label-specs.js';
import type { AttributeSlot } from './label-specs.js';
import { plainMark } from './mark.js';
import type { CvatAttribute, CvatMark } from './mark.js';

/**
 * A label as CVAT's marks.
 * @throws EdgeminerError `label.invalid` for an attribute that the label set does not have
 */
export function writeMarks(body: LabelBody, labelSet: LabelSet): readonly CvatMark[] {
  const marks = shapesOf(body, labelSet);
  const said = attributesSaid(labelSet, pictureTag, {
    on: 'picture',
    classes: classesNamed(body),
    attributes: body.attributes,
  });
  const words = body.text === undefined ? [] : [{ name: textAttribute, value: body.text }];
  const remarks = [...said, ...words];
  // Alone, the tag says that there is nothing to be seen.
  return remarks.length > 0 || marks.length === 0
    ? [...marks, plainMark('tag', pictureTag, [], remarks)]
    : marks;
}

function shapesOf(body: LabelBody, labelSet: LabelSet): readonly CvatMark[] {
  switch (body.kind) {
    case 'class':
    case 'classes':
      return classesNamed(body).map((name) => plainMark('tag', name, [], []));
    case 'boxes':
      return body.boxes.map(({ class: name, x, y, width, height, attributes }) =>
        plainMark(
          'rectangle',
          name,
          [x, y, x + width, y + height],
          attributesSaid(labelSet, name, { on: 'object', classes: [name], attributes }),
        ),
      );
    case 'polygons':
      return body.polygons.map(({ class: name, points, attributes }) =>
        plainMark(
          'polygon',
          name,
          points.flat(),
          attributesSaid(labelSet, name, { on: 'object', classes: [name], attributes }),
        ),
      );
  }
}

interface Said {
  readonly on: AttributeRule['on'];
  readonly classes: readonly string[];
  readonly attributes: Attributes | undefined;
}

function attributesSaid(
  labelSet: LabelSet,
  label: string,
  { on, classes, attributes = {} }: Said,
): readonly CvatAttribute[] {
  const slots = attributeSlots(labelSet, label);
  return Object.entries(attributes).flatMap(([name, value]) => {
    const rule = ruleOf(labelSet, on, classes, name);
    const own = slots.filter((slot) => slot.rule === rule);
    if (rule === undefined || own.length === 0) throw unknownAttribute(name);
    return own.map((slot) => ({ name: slot.spec.name, value: valueIn(slot, value) }));
  });
}

function valueIn({ value: ticked }: AttributeSlot, value: Attributes[string]): string {
  if (ticked === undefined) return String(value);
  return String(typeof value === 'object' && value.includes(ticked));
}
