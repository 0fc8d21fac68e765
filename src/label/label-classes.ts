import type { LabelBody } from './label.js';

/** The classes that a label names, in its order; one that several objects have comes as often. */
export function classesNamed(label: LabelBody): readonly string[] {
  switch (label.kind) {
    case 'class':
      return [label.class];
    case 'classes':
      return label.classes;
    case 'boxes':
      return label.boxes.map((box) => box.class);
    case 'polygons':
      return label.polygons.map((polygon) => polygon.class);
  }
}
