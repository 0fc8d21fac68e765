import { ruleOf, unknownAttribute } from '../attribute-rules.js';
import { classesNamed } from '../label-classes.js';
import type {
  Attributes,
  AttributeRule,
  LabelBody,
  LabelSet,
  LabelledBox,
  LabelledPolygon,
} from '../label.js';
import type { PictureSize } from '../label-problem.js';
import { attributeControls, imageName, labelControl, textControl } from './controls.js';

/** One entry of `result` of an annotation or a prediction. Numbers of places are percentages. */
export interface StudioResult {
  /** Of the region; what is said of one region shares it. */
  readonly id: string;
  readonly from_name: string;
  readonly to_name: string;
  readonly type: string;
  /** Of the upright picture, in pixels. */
  readonly original_width: number;
  readonly original_height: number;
  readonly image_rotation: 0;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * A label as Label Studio's results, to be shown as a prediction or read back.
 * @throws EdgeminerError `label.invalid` for an attribute that the label set does not have
 */
export function writeResults(
  body: LabelBody,
  labelSet: LabelSet,
  image: PictureSize,
): readonly StudioResult[] {
  const result = (
    id: string,
    [from_name, type]: readonly [string, string],
    value: Readonly<Record<string, unknown>>,
  ): StudioResult => ({
    id,
    from_name,
    to_name: imageName,
    type,
    original_width: image.width,
    original_height: image.height,
    image_rotation: 0,
    value,
  });

  /** What is said of a region repeats where the region is. */
  const attributesOf = (
    { on, id, place, classes }: Target,
    attributes: Attributes | undefined,
  ): StudioResult[] =>
    Object.entries(attributes ?? {}).map(([attribute, value]) => {
      const rule = ruleOf(labelSet, on, classes, attribute);
      const control = attributeControls(labelSet).find((one) => one.rule === rule);
      if (control === undefined) throw unknownAttribute(attribute);
      const [type, said] = attributeValue(control.rule, value);
      return result(id ?? control.name, [control.name, type], { ...place, ...said });
    });

  const shapes = (): StudioResult[] => {
    switch (body.kind) {
      case 'class':
      case 'classes': {
        const choices = body.kind === 'class' ? [body.class] : body.classes;
        return choices.length === 0
          ? []
          : [result(labelControl, [labelControl, 'choices'], { choices })];
      }
      case 'boxes':
        return body.boxes.flatMap((box, index) => {
          const [id, place] = [`box-${index}`, boxPlace(box, image)];
          return [
            result(id, [labelControl, 'rectanglelabels'], {
              ...place,
              rectanglelabels: [box.class],
            }),
            ...attributesOf({ on: 'object', id, place, classes: [box.class] }, box.attributes),
          ];
        });
      case 'polygons':
        return body.polygons.flatMap((polygon, index) => {
          const [id, place] = [`polygon-${index}`, polygonPlace(polygon, image)];
          const { class: name, attributes } = polygon;
          return [
            result(id, [labelControl, 'polygonlabels'], { ...place, polygonlabels: [name] }),
            ...attributesOf({ on: 'object', id, place, classes: [name] }, attributes),
          ];
        });
    }
  };

  const picture = { on: 'picture', id: undefined, place: {}, classes: classesNamed(body) } as const;
  return [
    ...shapes(),
    ...attributesOf(picture, body.attributes),
    ...(body.text === undefined
      ? []
      : [result(textControl, [textControl, 'textarea'], { text: [body.text] })]),
  ];
}

interface Target {
  readonly on: AttributeRule['on'];
  readonly id: string | undefined;
  readonly place: Readonly<Record<string, unknown>>;
  readonly classes: readonly string[];
}

function boxPlace({ x, y, width, height }: LabelledBox, image: PictureSize) {
  return {
    x: (100 * x) / image.width,
    y: (100 * y) / image.height,
    width: (100 * width) / image.width,
    height: (100 * height) / image.height,
    rotation: 0,
  };
}

function polygonPlace({ points }: LabelledPolygon, image: PictureSize) {
  return {
    points: points.map(([x, y]) => [(100 * x) / image.width, (100 * y) / image.height]),
    closed: true,
  };
}

function attributeValue(
  { kind }: AttributeRule,
  value: Attributes[string],
): readonly [type: string, value: Readonly<Record<string, unknown>>] {
  switch (kind) {
    case 'choice':
      return ['choices', { choices: [value] }];
    case 'choices':
      return ['choices', { choices: value }];
    case 'boolean':
      return ['choices', { choices: [value === true ? 'yes' : 'no'] }];
    case 'number':
      return ['number', { number: value }];
    case 'text':
      return ['textarea', { text: [value] }];
  }
}
