import { z } from 'zod';
import type { LabelBody } from './label.js';
import type { LabelProblem } from './label-problem.js';

/** The shape of a label as it is sent; what its words and numbers mean is looked at after. */
const attributes = z.record(z.string(), z.unknown()).optional();
const remarks = { attributes, text: z.string().optional() };

const box = z.strictObject({
  class: z.string(),
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
  attributes,
});
const polygon = z.strictObject({
  class: z.string(),
  points: z.array(z.tuple([z.number(), z.number()])),
  attributes,
});

const sentLabel = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('class'), class: z.string(), ...remarks }),
  z.strictObject({ kind: z.literal('classes'), classes: z.array(z.string()), ...remarks }),
  z.strictObject({ kind: z.literal('boxes'), boxes: z.array(box), ...remarks }),
  z.strictObject({ kind: z.literal('polygons'), polygons: z.array(polygon), ...remarks }),
]);

export type SentLabel = z.output<typeof sentLabel>;
export type SentBox = z.output<typeof box>;
export type SentPolygon = z.output<typeof polygon>;
/** Of a label, a box or a polygon. */
export type SentAttributes = Readonly<Record<string, unknown>> | undefined;

/** Reads what somebody sent; problems name the shape that labels of `kind` have. */
export function readLabel(
  sent: unknown,
  kind: LabelBody['kind'],
):
  | { readonly ok: true; readonly label: SentLabel }
  | { readonly ok: false; readonly problems: readonly LabelProblem[] } {
  const parsed = sentLabel.safeParse(sent);
  return parsed.success
    ? { ok: true, label: parsed.data }
    : { ok: false, problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, kind)) };
}

const shapes: Readonly<Record<LabelBody['kind'], string>> = {
  class: '{"kind": "class", "class": NAME}',
  classes: '{"kind": "classes", "classes": [NAME, ...]}',
  boxes:
    '{"kind": "boxes", "boxes": [{"class": NAME, "x": PX, "y": PX, "width": PX, "height": PX}]}',
  polygons:
    '{"kind": "polygons", "polygons": [{"class": NAME, "points": [[X, Y], [X, Y], [X, Y]]}]}',
};

/** How a label of the kind is written. */
export function shapeOf(kind: LabelBody['kind']): string {
  return shapes[kind];
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, kind: LabelBody['kind']): LabelProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldOf([...issue.path, key]),
      problem: 'is not a field of a label',
      mend: `Remove it; a label is ${shapeOf(kind)}, where the label set has them with attributes and text.`,
    }));
  }
  return [{ field: fieldOf(issue.path), problem: whatIs(issue), mend: `Send ${shapeOf(kind)}.` }];
}

function whatIs(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be a ${wordFor(issue.expected)}`;
    case 'invalid_union':
      return "must be 'class', 'classes', 'boxes' or 'polygons'";
    case 'too_small':
    case 'too_big':
      // Only the corners of polygons have a length of their own.
      return `must be a ${wordFor('tuple')}`;
    default:
      return issue.message;
  }
}

const words: Readonly<Record<string, string>> = {
  number: 'finite number',
  string: 'text',
  array: 'list',
  object: 'JSON object',
  record: 'JSON object',
  tuple: 'pair [x, y]',
};

function wordFor(expected: string): string {
  return words[expected] ?? expected;
}

function fieldOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'label';
  return path.reduce<string>(
    (field, key) =>
      typeof key === 'number'
        ? `${field}[${key}]`
        : field === ''
          ? String(key)
          : `${field}.${String(key)}`,
    '',
  );
}
