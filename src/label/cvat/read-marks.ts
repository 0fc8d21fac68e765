import { attributesOf, inOrderOf } from '../attribute-rules.js';
import type { AttributeValue, LabelSet, Point } from '../label.js';
import { unreadable } from '../read-label.js';
import type { ReadLabel, ReadProblem } from '../read-label.js';
import { readBody } from '../read-shapes.js';
import type { ReadShape } from '../read-shapes.js';
import {
  attributeSlots,
  pictureTag,
  reasonAttribute,
  skipTag,
  textAttribute,
  undefinedChoice,
} from './label-specs.js';
import type { AttributeSlot } from './label-specs.js';
import type { CvatMark } from './mark.js';

/**
 * The label that CVAT's marks of one picture say. A rectangle that is turned is refused where boxes
 * are asked for, and becomes its four corners where polygons are.
 *
 * @param lookedAt Whether a picture without a mark was looked at, and has nothing; else it is left
 * for later
 */
export function readMarks(
  marks: readonly CvatMark[],
  labelSet: LabelSet,
  lookedAt: boolean,
): ReadLabel {
  const skip = marks.find(({ label }) => label === skipTag);
  if (skip !== undefined) {
    const reason = skip.attributes.find(({ name }) => name === reasonAttribute)?.value.trim();
    return { kind: 'skip', reason: (reason ?? '') === '' ? 'skipped in CVAT' : (reason ?? '') };
  }
  if (marks.length === 0 && !lookedAt) return { kind: 'nothing' };
  const dropped = marks.flatMap(droppedOf);
  const picture = new Map<string, AttributeValue>();
  const shapes: ReadShape[] = [];
  let text = '';
  for (const mark of marks) {
    if (mark.outside) continue;
    if (mark.label === pictureTag) {
      const words = mark.attributes.find(({ name }) => name === textAttribute)?.value ?? '';
      text = [text, words].filter((one) => one !== '').join('\n');
      const problem = readAttributes(mark, labelSet, picture);
      if (problem !== undefined) return problem;
      continue;
    }
    const shape = readShape(mark, labelSet);
    if ('problem' in shape) return shape;
    shapes.push(shape);
  }
  const remarks = { ...attributesOf(picture), ...(text === '' ? {} : { text }) };
  const classes = shapes.map((shape) => shape.class);
  const body = readBody(labelSet, { classes, shapes }, remarks);
  if (body !== 'no-single-class') return { kind: 'label', body, dropped };
  return unreadable(
    'tag',
    classes.length === 0 ? 'there is no class' : `there are ${classes.length} classes`,
    `Give the picture one tag with its class, or the tag '${skipTag}'.`,
  );
}

function readShape(mark: CvatMark, labelSet: LabelSet): ReadShape | ReadProblem {
  const { kind } = labelSet;
  const { type, label, rotation, where } = mark;
  const attributes = new Map<string, AttributeValue>();
  const problem = readAttributes(mark, labelSet, attributes);
  if (problem !== undefined) return problem;
  const wanted = kind === 'boxes' ? 'rectangle' : kind === 'polygons' ? 'polygon' : 'tag';
  const turned = rotation % 360 !== 0;
  if (type === 'tag' && wanted === 'tag') {
    return { class: label, corners: [], box: undefined, attributes };
  }
  if (type === 'polygon' && wanted === 'polygon') {
    return { class: label, corners: pairs(mark.points), box: undefined, attributes };
  }
  if (type === 'rectangle' && wanted !== 'tag') {
    const [left = NaN, top = NaN, right = NaN, bottom = NaN] = mark.points;
    const box = { x: left, y: top, width: right - left, height: bottom - top };
    if (turned && wanted === 'rectangle') {
      return unreadable(
        `${where} rotation`,
        `is ${rotation} degrees, but boxes stand upright`,
        'Turn the box back, or use a label set of polygons, where it becomes its four corners.',
      );
    }
    return { class: label, corners: cornersOf(box, rotation), box, attributes };
  }
  return unreadable(
    where,
    `is a ${type}, but the label set asks for ${wanted === 'tag' ? 'tags' : `${wanted}s`}`,
    'Draw it as the label set asks, or remove it.',
  );
}

function pairs(points: readonly number[]): readonly Point[] {
  return points.flatMap((x, at): Point[] => (at % 2 === 0 ? [[x, points[at + 1] ?? NaN]] : []));
}

/** CVAT turns a rectangle clockwise about its middle. */
function cornersOf(
  { x, y, width, height }: NonNullable<ReadShape['box']>,
  degrees: number,
): readonly Point[] {
  if (degrees % 360 === 0) {
    return [
      [x, y],
      [x + width, y],
      [x + width, y + height],
      [x, y + height],
    ];
  }
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [middleX, middleY] = [x + width / 2, y + height / 2];
  const at = (right: number, down: number): Point => [
    middleX + (right * width * cos - down * height * sin) / 2,
    middleY + (right * width * sin + down * height * cos) / 2,
  ];
  return [at(-1, -1), at(1, -1), at(1, 1), at(-1, 1)];
}

/** Into `said`; what CVAT fills in for what nobody answered is left out. */
function readAttributes(
  { label, attributes, where }: CvatMark,
  labelSet: LabelSet,
  said: Map<string, AttributeValue>,
): ReadProblem | undefined {
  const slots = attributeSlots(labelSet, label);
  const ticked = new Map<AttributeSlot['rule'], string[]>();
  for (const { name, value } of attributes) {
    if (label === pictureTag && name === textAttribute) continue;
    const slot = slots.find(({ spec }) => spec.name === name);
    if (slot === undefined) {
      return unreadable(
        `${where} attribute '${name}'`,
        'is none of the label set',
        'Remove the attribute, or add it to the label set.',
      );
    }
    const { rule, value: ofChoices } = slot;
    if (ofChoices !== undefined) {
      if (value.toLowerCase() === 'true') {
        ticked.set(rule, [...(ticked.get(rule) ?? []), ofChoices]);
      }
      continue;
    }
    if (value === '' || value === undefinedChoice) continue;
    const read = valueOf(rule.kind, value);
    if (read === undefined) {
      return unreadable(
        `${where} attribute '${name}'`,
        `is '${value}', and has to be ${wordFor[rule.kind]}`,
        `Write ${wordFor[rule.kind]}, or leave it empty.`,
      );
    }
    said.set(rule.name, read);
  }
  for (const [rule, values] of ticked) {
    if (rule.kind === 'choices') said.set(rule.name, inOrderOf(rule.values, values));
  }
  return undefined;
}

function valueOf(kind: AttributeSlot['rule']['kind'], value: string): AttributeValue | undefined {
  if (kind === 'boolean') {
    const word = value.toLowerCase();
    return word === 'true' || word === 'false' ? word === 'true' : undefined;
  }
  if (kind !== 'number') return value;
  const number = value.trim() === '' ? NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** What a label has no place for. */
function droppedOf({ where, occluded, outside, zOrder, group }: CvatMark): string[] {
  if (outside) return [`${where}, which is outside the picture`];
  return [
    ...(occluded ? [`'occluded' of ${where}`] : []),
    ...(zOrder === 0 ? [] : [`'z_order' of ${where}`]),
    ...(group === 0 ? [] : [`'group_id' of ${where}`]),
  ];
}

const wordFor = {
  choice: 'one of its values',
  choices: 'one of its values',
  number: 'a number',
  boolean: 'true or false',
  text: 'text',
} as const;
