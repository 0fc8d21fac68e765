import type { Attributes, LabelBody, LabelSet, Remarks } from './label.js';
import type { LabelProblem, LabelValidation, PictureSize } from './label-problem.js';
import { labelSetKey } from './label-set.js';
import { readLabel, shapeOf } from './label-shape.js';
import type { SentLabel } from './label-shape.js';
import { twinFinder } from './twin-finder.js';
import { unknownClass } from './unknown-class.js';
import { validateAttributes } from './validate-attributes.js';
import { validateBoxes } from './validate-boxes.js';
import { validatePolygons } from './validate-polygons.js';
import { validateText } from './validate-text.js';

/**
 * Checks a label against its label set and its picture (upright, in pixels). All problems are
 * reported at once, in the order of the body. The body that comes back holds known fields
 * only, and its boxes and polygons lie within the picture; classes and picked values are in the
 * order of the label set, and what was left empty is left out.
 */
export function validateLabel(
  body: unknown,
  labelSet: LabelSet,
  picture: PictureSize,
): LabelValidation {
  const read = readLabel(body, labelSet.kind);
  if (!read.ok) return read;
  const { label } = read;
  if (label.kind !== labelSet.kind) {
    return { ok: false, problems: [wrongKind(label.kind, labelSet)] };
  }
  const problems: LabelProblem[] = [];
  const said = validated(label, { labelSet, picture, problems });
  const remarks = {
    ...attributesOf(label, labelSet, problems),
    ...validateText(label.text, labelSet, problems),
  };
  return problems.length === 0
    ? { ok: true, body: { ...said, ...remarks } }
    : { ok: false, problems };
}

interface Validation {
  readonly labelSet: LabelSet;
  readonly picture: PictureSize;
  /** Added to. */
  readonly problems: LabelProblem[];
}

type Said<T> = T extends LabelBody ? Omit<T, keyof Remarks> : never;

function validated(label: SentLabel, { labelSet, picture, problems }: Validation): Said<LabelBody> {
  switch (label.kind) {
    case 'class':
      problems.push(...unknownClass(label.class, 'class', labelSet));
      return { kind: 'class', class: label.class };
    case 'classes': {
      // One by one: a long list does not fit in the arguments of one call.
      for (const problem of classProblems(label.classes, labelSet)) problems.push(problem);
      const named = new Set(label.classes);
      return { kind: 'classes', classes: labelSet.classes.filter((name) => named.has(name)) };
    }
    case 'boxes':
      return { kind: 'boxes', boxes: validateBoxes(label.boxes, labelSet, picture, problems) };
    case 'polygons': {
      const polygons = validatePolygons(label.polygons, labelSet, picture, problems);
      return { kind: 'polygons', polygons };
    }
  }
}

function attributesOf(
  label: SentLabel,
  labelSet: LabelSet,
  problems: LabelProblem[],
): { readonly attributes?: Attributes } {
  const classes =
    label.kind === 'class' ? [label.class] : label.kind === 'classes' ? label.classes : [];
  const scope = { on: 'picture', classes, field: 'attributes', labelSet } as const;
  return validateAttributes(label.attributes, scope, problems);
}

function classProblems(classes: readonly string[], labelSet: LabelSet): readonly LabelProblem[] {
  const twinsOf = twinFinder();
  return classes.flatMap((name, at) => {
    const field = `classes[${at}]`;
    const twins = twinsOf(name, at, field, (first) => `is the same class as classes[${first}]`);
    return twins.length > 0 ? twins : unknownClass(name, field, labelSet);
  });
}

function wrongKind(kind: LabelBody['kind'], labelSet: LabelSet): LabelProblem {
  return {
    field: 'kind',
    problem: `is '${kind}', but the label set ${labelSetKey(labelSet)} takes '${labelSet.kind}' labels`,
    mend: `Send ${shapeOf(labelSet.kind)}.`,
  };
}
