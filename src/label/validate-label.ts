import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import type { LabelBody, LabelledBox, LabelSet } from './label.js';
import { labelSetKey } from './label-set.js';

/** One thing that is wrong with a label: where, what, and what to do (starting with a verb). */
export interface LabelProblem {
  /** As in the body that was sent: `kind`, `class`, `boxes[2].width`; `label` for all of it. */
  readonly field: string;
  readonly problem: string;
  readonly mend: string;
}

export type LabelValidation =
  | { readonly ok: true; readonly body: LabelBody }
  | { readonly ok: false; readonly problems: readonly LabelProblem[] };

/**
 * Pixels by which a box may reach outside the picture. Editors that keep percentages or drag
 * on a scaled canvas are off by rounding; such a box is cut to the picture, anything further
 * out is refused.
 */
export const boxTolerance = 0.5;

const classLabel = z.strictObject({ kind: z.literal('class'), class: z.string() });

const boxLabel = z.strictObject({
  kind: z.literal('boxes'),
  boxes: z.array(
    z.strictObject({
      class: z.string(),
      x: z.number(),
      y: z.number(),
      width: z.number(),
      height: z.number(),
    }),
  ),
});

const labelBody = z.discriminatedUnion('kind', [classLabel, boxLabel]);

/**
 * Checks a label against its label set and its picture (upright, in pixels). All problems are
 * reported at once, in the order of the body. The body that comes back holds known fields
 * only, and its boxes lie within the picture.
 */
export function validateLabel(
  body: unknown,
  labelSet: LabelSet,
  image: { readonly width: number; readonly height: number },
): LabelValidation {
  const parsed = labelBody.safeParse(body);
  if (!parsed.success) {
    return {
      ok: false,
      problems: parsed.error.issues.flatMap((issue) => shapeProblems(issue, labelSet.kind)),
    };
  }
  const label = parsed.data;
  if (label.kind !== labelSet.kind) return { ok: false, problems: [wrongKind(label, labelSet)] };
  if (label.kind === 'class') {
    const problem = unknownClass(label.class, 'class', labelSet);
    return problem === undefined ? { ok: true, body: label } : { ok: false, problems: [problem] };
  }
  return validateBoxes(label.boxes, labelSet, image);
}

function validateBoxes(
  sent: readonly LabelledBox[],
  labelSet: LabelSet,
  image: { readonly width: number; readonly height: number },
): LabelValidation {
  const problems: LabelProblem[] = [];
  const boxes: LabelledBox[] = [];
  const firstAt = new Map<string, number>();
  sent.forEach((box, index) => {
    const field = `boxes[${index}]`;
    const unknown = unknownClass(box.class, `${field}.class`, labelSet);
    if (unknown !== undefined) problems.push(unknown);
    const misplaced = boxProblems(box, field, image);
    problems.push(...misplaced);
    if (misplaced.length > 0) return;
    const cut = cutToImage(box, image);
    if (cut.width <= 0 || cut.height <= 0) {
      problems.push({
        field,
        problem: 'lies outside the picture',
        mend: `Draw it within the picture of ${image.width} x ${image.height} pixels.`,
      });
      return;
    }
    const key = JSON.stringify([cut.class, cut.x, cut.y, cut.width, cut.height]);
    const twin = firstAt.get(key);
    if (twin === undefined) firstAt.set(key, index);
    else {
      problems.push({
        field,
        problem: `is the same box with the same class as boxes[${twin}]`,
        mend: 'Remove one of the two.',
      });
    }
    boxes.push(cut);
  });
  return problems.length === 0
    ? { ok: true, body: { kind: 'boxes', boxes } }
    : { ok: false, problems };
}

function boxProblems(
  box: LabelledBox,
  field: string,
  image: { readonly width: number; readonly height: number },
): LabelProblem[] {
  const axes = [
    { start: 'x', extent: 'width', side: image.width },
    { start: 'y', extent: 'height', side: image.height },
  ] as const;
  return axes.flatMap(({ start, extent, side }): LabelProblem[] => {
    const problems: LabelProblem[] = [];
    if (box[start] < -boxTolerance) {
      problems.push({
        field: `${field}.${start}`,
        problem: `is ${box[start]}, outside the picture`,
        mend: `Use 0 to ${side}; coordinates are pixels of the upright original.`,
      });
    }
    if (box[extent] <= 0) {
      problems.push({
        field: `${field}.${extent}`,
        problem: `is ${box[extent]}; a box has an area`,
        mend: `Give it a ${extent} above 0, or remove the box.`,
      });
    }
    const end = box[start] + box[extent];
    if (end > side + boxTolerance) {
      problems.push({
        field: `${field}.${extent}`,
        problem: `takes the box to ${end}, outside the picture's ${extent} of ${side}`,
        mend: `Keep ${start} + ${extent} within ${side}; coordinates are pixels of the upright original.`,
      });
    }
    return problems;
  });
}

function cutToImage(
  box: LabelledBox,
  image: { readonly width: number; readonly height: number },
): LabelledBox {
  const [x, width] = cutSpan(box.x, box.width, image.width);
  const [y, height] = cutSpan(box.y, box.height, image.height);
  return { class: box.class, x, y, width, height };
}

/** Spans inside come back untouched: `start + extent - start` would not be `extent` in floats. */
function cutSpan(start: number, extent: number, side: number): [number, number] {
  if (start >= 0 && start + extent <= side) return [start, extent];
  const from = Math.max(0, start);
  return [from, Math.min(side, start + extent) - from];
}

function wrongKind(label: LabelBody, labelSet: LabelSet): LabelProblem {
  return {
    field: 'kind',
    problem: `is '${label.kind}', but the label set ${labelSetKey(labelSet)} takes '${labelSet.kind}' labels`,
    mend: `Send ${shapeOf(labelSet.kind)}.`,
  };
}

function unknownClass(name: string, field: string, labelSet: LabelSet): LabelProblem | undefined {
  if (labelSet.classes.includes(name)) return undefined;
  const near = nearestClass(name, labelSet.classes);
  return {
    field,
    problem: `'${name}' is not in the label set ${labelSetKey(labelSet)}`,
    mend:
      near === undefined
        ? `Use one of ${listed(labelSet.classes)}.`
        : `Use '${near}' if that was meant, else one of ${listed(labelSet.classes)}.`,
  };
}

/** The class that a misspelling most likely meant: at most one edit in three letters. */
function nearestClass(name: string, classes: readonly string[]): string | undefined {
  const sought = plain(name);
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const candidate of classes) {
    const edits = distance(sought, plain(candidate));
    const allowed = Math.floor(Math.max(sought.length, candidate.length) / 3);
    if (edits <= allowed && (best === undefined || edits < best.edits)) {
      best = { name: candidate, edits };
    }
  }
  return best?.name;
}

function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
}

function listed(classes: readonly string[]): string {
  const shown = classes.slice(0, 10).join(', ');
  return classes.length > 10 ? `${shown} and ${classes.length - 10} more` : shown;
}

type Issue = z.core.$ZodIssue;

function shapeProblems(issue: Issue, kind: LabelBody['kind']): LabelProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      field: fieldOf([...issue.path, key]),
      problem: 'is not a field of a label',
      mend: `Remove it; a label is ${shapeOf(kind)}.`,
    }));
  }
  return [
    {
      field: fieldOf(issue.path),
      problem:
        issue.code === 'invalid_type' ? `must be a ${wordFor(issue.expected)}` : whatIs(issue),
      mend: `Send ${shapeOf(kind)}.`,
    },
  ];
}

function whatIs(issue: Issue): string {
  return issue.code === 'invalid_union' ? "must be 'class' or 'boxes'" : issue.message;
}

function wordFor(expected: string): string {
  if (expected === 'number') return 'finite number';
  if (expected === 'string') return 'text';
  if (expected === 'array') return 'list';
  return expected === 'object' ? 'JSON object' : expected;
}

function shapeOf(kind: LabelBody['kind']): string {
  return kind === 'class'
    ? '{"kind": "class", "class": NAME}'
    : '{"kind": "boxes", "boxes": [{"class": NAME, "x": PX, "y": PX, "width": PX, "height": PX}]}';
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
