import { z } from 'zod';
import { attributesOf, inOrderOf } from '../attribute-rules.js';
import type { AttributeValue, LabelSet, Point } from '../label.js';
import type { PictureSize } from '../label-problem.js';
import { unreadable } from '../read-label.js';
import type { ReadLabel, ReadProblem } from '../read-label.js';
import { readBody } from '../read-shapes.js';
import type { ReadShape } from '../read-shapes.js';
import { attributeControls, labelControl, textControl, yesNo } from './controls.js';
import type { AttributeControl } from './controls.js';

const numbers = z.array(z.tuple([z.number(), z.number()]));
const texts = z.array(z.string());

/** What is read of a result; the rest of it is Label Studio's own. */
const resultSchema = z.looseObject({
  id: z.string().optional(),
  from_name: z.string().optional(),
  type: z.string(),
  original_width: z.number().optional(),
  original_height: z.number().optional(),
  image_rotation: z.number().optional(),
  value: z
    .looseObject({
      x: z.number().optional(),
      y: z.number().optional(),
      width: z.number().optional(),
      height: z.number().optional(),
      rotation: z.number().optional(),
      points: numbers.optional(),
      closed: z.boolean().optional(),
      choices: texts.optional(),
      rectanglelabels: texts.optional(),
      polygonlabels: texts.optional(),
      number: z.number().optional(),
      text: z.union([z.string(), texts]).optional(),
    })
    .optional(),
});

type Result = z.output<typeof resultSchema>;

/**
 * The label that the `result` of an annotation says, for a picture of this size. Places come
 * back within 1e-9 of a side. A rectangle that is turned is refused where boxes are asked for, and
 * becomes its four corners where polygons are.
 */
export function readResults(results: unknown, labelSet: LabelSet, image: PictureSize): ReadLabel {
  const parsed = z.array(resultSchema).safeParse(results);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const [index = 0, ...path] = issue?.path ?? [];
    return unreadable(
      ['result', `[${String(index)}]`, ...path.map((key) => `.${String(key)}`)].join(''),
      `does not read as Label Studio writes it: ${issue?.message ?? ''}`,
      'Export the project as JSON, not JSON-MIN or CSV, and import that file.',
    );
  }
  const controls = new Map(attributeControls(labelSet).map((control) => [control.name, control]));
  const shapes = new Map<string, ReadShape>();
  const said = new Map<string, AttributeValue>();
  const dropped: string[] = [];
  const ofRegions: {
    readonly result: Result;
    readonly field: string;
    readonly control: AttributeControl;
  }[] = [];
  let classes: readonly string[] | undefined;
  let text: string | undefined;

  for (const [index, result] of parsed.data.entries()) {
    const field = `result[${index}]`;
    const name = result.from_name ?? '';
    const control = controls.get(name);
    if (result.type === 'relation') {
      dropped.push('a relation between objects');
    } else if (name === labelControl && result.type === 'choices') {
      classes = result.value?.choices ?? [];
    } else if (result.type === 'rectanglelabels' || result.type === 'polygonlabels') {
      const shape = readShape(result, field, labelSet, image);
      if ('problem' in shape) return shape;
      shapes.set(result.id ?? field, shape);
    } else if (name === textControl && result.type === 'textarea') {
      text = wordsOf(result);
    } else if (control?.rule.on === 'object') {
      ofRegions.push({ result, field, control });
    } else if (control !== undefined) {
      const value = readAttribute(result, field, control);
      if (isProblem(value)) return value;
      if (value !== undefined) said.set(control.rule.name, value);
    } else {
      return unreadable(
        field,
        `is '${result.type}' of the control '${name}', which the label set has no place for`,
        'Use the labelling configuration that edgeminer wrote, and remove such regions.',
      );
    }
  }
  for (const { result, field, control } of ofRegions) {
    const shape = shapes.get(result.id ?? '');
    if (shape === undefined) {
      dropped.push(`'${control.rule.name}' of a region that is gone`);
      continue;
    }
    const value = readAttribute(result, field, control);
    if (isProblem(value)) return value;
    if (value !== undefined) shape.attributes.set(control.rule.name, value);
  }
  const remarks = {
    ...attributesOf(said),
    ...(text === undefined || text === '' ? {} : { text }),
  };
  const found = { classes: classes ?? [], shapes: [...shapes.values()] };
  const body = readBody(labelSet, found, remarks);
  if (body !== 'no-single-class') return { kind: 'label', body, dropped };
  const count = found.classes.length;
  return unreadable(
    'result',
    count === 0 ? 'chooses no class' : `chooses ${count} classes`,
    'Choose exactly one class, or skip the task.',
  );
}

/** The words of a text area, where an annotation has one: of a skip, they say why. */
export function remarkIn(results: unknown): string | undefined {
  const parsed = z.array(resultSchema).safeParse(results);
  const words = parsed.data?.find(({ from_name }) => from_name === textControl);
  return words === undefined ? undefined : wordsOf(words);
}

function readShape(
  { type, value = {}, original_width, original_height, image_rotation }: Result,
  field: string,
  { kind }: LabelSet,
  image: PictureSize,
): ReadShape | ReadProblem {
  if (kind === 'class' || kind === 'classes') {
    return unreadable(
      field,
      'is a region, but the label set asks for classes of the whole picture',
      'Remove the region.',
    );
  }
  if (image_rotation !== undefined && image_rotation !== 0) {
    return unreadable(
      `${field}.image_rotation`,
      `is ${image_rotation}: it was drawn on a turned picture`,
      'Turn the picture back in Label Studio, and draw the region again.',
    );
  }
  if (isAnotherShape({ width: original_width, height: original_height }, image)) {
    return unreadable(
      `${field}.original_width`,
      `says that the picture has ${original_width} x ${original_height} pixels, but the task's has ${image.width} x ${image.height}`,
      'Show the picture of the task, upright and uncut.',
    );
  }
  const names = value.rectanglelabels ?? value.polygonlabels ?? [];
  const [name] = names;
  if (name === undefined || names.length > 1) {
    return unreadable(
      `${field}.value.${type}`,
      name === undefined ? 'has no class' : `has ${names.length} classes`,
      'Give the region one class, or remove it.',
    );
  }
  const [acrossUnit, downUnit] = [image.width / 100, image.height / 100];
  if (type === 'polygonlabels') {
    if (kind === 'boxes') {
      return unreadable(field, 'is a polygon, but the label set asks for boxes', 'Draw a box.');
    }
    const points = value.points ?? [];
    if (points.length === 0 || value.closed === false) {
      return unreadable(`${field}.value.points`, 'is not a closed polygon', 'Close or remove it.');
    }
    const corners = points.map(([x, y]): Point => [x * acrossUnit, y * downUnit]);
    return { class: name, corners, box: undefined, attributes: new Map() };
  }
  const { x, y, width, height, rotation = 0 } = value;
  if (x === undefined || y === undefined || width === undefined || height === undefined) {
    return unreadable(`${field}.value`, 'lacks x, y, width or height', 'Draw the region again.');
  }
  const box = {
    x: x * acrossUnit,
    y: y * downUnit,
    width: width * acrossUnit,
    height: height * downUnit,
  };
  const turned = rotation % 360 !== 0;
  if (turned && kind === 'boxes') {
    return unreadable(
      `${field}.value.rotation`,
      `is ${rotation} degrees, but boxes stand upright`,
      'Turn the box back, or use a label set of polygons, where it becomes its four corners.',
    );
  }
  return {
    class: name,
    corners: cornersOf(box, rotation),
    box: turned ? undefined : box,
    attributes: new Map(),
  };
}

/** Label Studio turns a rectangle clockwise about its top-left corner. */
function cornersOf(
  { x, y, width, height }: NonNullable<ReadShape['box']>,
  degrees: number,
): readonly Point[] {
  const angle = degrees % 360 === 0 ? 0 : (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const at = (right: number, down: number): Point => [
    x + right * cos - down * sin,
    y + right * sin + down * cos,
  ];
  return [at(0, 0), at(width, 0), at(width, height), at(0, height)];
}

/** Whether places on one picture are no places on the other: their sides have another ratio. */
function isAnotherShape(
  { width, height }: { readonly width: number | undefined; readonly height: number | undefined },
  image: PictureSize,
): boolean {
  if (width === undefined || height === undefined) return false;
  // A smaller copy has sides that were rounded to whole pixels.
  return (
    Math.abs(width * image.height - height * image.width) > Math.max(image.width, image.height)
  );
}

function readAttribute(
  { value = {} }: Result,
  field: string,
  { rule }: AttributeControl,
): AttributeValue | undefined | ReadProblem {
  const choices = value.choices ?? [];
  const [first] = choices;
  const wrong = (problem: string) =>
    unreadable(`${field}.value`, `${problem} for '${rule.name}'`, 'Answer it again.');
  switch (rule.kind) {
    case 'choices':
      return choices.length === 0 ? undefined : inOrderOf(rule.values, choices);
    case 'choice':
      return choices.length > 1 ? wrong(`has ${choices.length} choices`) : first;
    case 'boolean':
      if (first === undefined) return undefined;
      if (first !== 'yes' && first !== 'no') return wrong(`says '${first}', not yes or no,`);
      return yesNo[first];
    case 'number':
      return value.number;
    case 'text': {
      const words = wordsOf({ value });
      return words === '' ? undefined : words;
    }
  }
}

function isProblem(value: AttributeValue | undefined | ReadProblem): value is ReadProblem {
  return typeof value === 'object' && 'problem' in value;
}

/** A text area may be sent several times. */
function wordsOf({ value = {} }: Pick<Result, 'value'>): string {
  const { text = [] } = value;
  return typeof text === 'string' ? text : text.join('\n');
}
