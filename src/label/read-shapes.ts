import { attributesOf, inOrderOf } from './attribute-rules.js';
import type { AttributeValue, LabelBody, LabelSet, Point } from './label.js';

/** A region that was read from another tool's annotation. */
export interface ReadShape {
  readonly class: string;
  readonly corners: readonly Point[];
  /** Of a rectangle that stands upright. */
  readonly box: { x: number; y: number; width: number; height: number } | undefined;
  readonly attributes: Map<string, AttributeValue>;
}

/**
 * The label that classes of the picture and regions on it say; `no-single-class` where the label
 * set asks for one and there are none or several.
 */
export function readBody(
  { kind, classes: order }: LabelSet,
  found: { readonly classes: readonly string[]; readonly shapes: readonly ReadShape[] },
  remarks: Pick<LabelBody, 'attributes' | 'text'>,
): LabelBody | 'no-single-class' {
  const { classes, shapes } = found;
  switch (kind) {
    case 'class': {
      const [name] = classes;
      if (name === undefined || classes.length > 1) return 'no-single-class';
      return { kind, class: name, ...remarks };
    }
    case 'classes':
      return { kind, classes: [...inOrderOf(order, classes)], ...remarks };
    case 'boxes':
      return {
        kind,
        boxes: shapes.flatMap(({ class: name, box, attributes }) =>
          box === undefined ? [] : [{ class: name, ...box, ...attributesOf(attributes) }],
        ),
        ...remarks,
      };
    case 'polygons':
      return {
        kind,
        polygons: shapes.map(({ class: name, corners, attributes }) => ({
          class: name,
          points: corners,
          ...attributesOf(attributes),
        })),
        ...remarks,
      };
  }
}
