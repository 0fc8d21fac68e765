import { z } from 'zod';
import type { LabelSet } from '../label/label.js';

/** Labels and label sets on the wire, as schemas.ts has everything else. */
const attributes = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
  .optional()
  .describe('By name, as the label set has them; left out where nothing was said.');

const remarks = {
  attributes,
  text: z.string().optional().describe("In the annotator's own words."),
};

const box = z.object({
  class: z.string(),
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
  attributes,
});

const polygon = z.object({
  class: z.string(),
  points: z.array(z.tuple([z.number(), z.number()])).describe('x and y of three corners or more.'),
  attributes,
});

export const labelBody = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('class'), class: z.string(), ...remarks }),
    z.object({ kind: z.literal('classes'), classes: z.array(z.string()), ...remarks }),
    z.object({ kind: z.literal('boxes'), boxes: z.array(box), ...remarks }),
    z.object({ kind: z.literal('polygons'), polygons: z.array(polygon), ...remarks }),
  ])
  .describe(
    'A class, several classes, boxes (x, y: top-left corner) or polygons, in pixels of the upright original.',
  );

const attributeRule = z.object({
  name: z.string(),
  kind: z.enum(['choice', 'choices', 'number', 'boolean', 'text']),
  on: z
    .enum(['object', 'picture'])
    .describe('Whether it is said of each object or of the picture.'),
  required: z.boolean(),
  classes: z.array(z.string()).nullable().describe('Only of these; null: of all classes.'),
  values: z.array(z.string()).nullable().describe('Of choice and choices.'),
  min: z.number().nullable().describe('Of a number; inclusive.'),
  max: z.number().nullable(),
});

export const labelSet = z
  .object({
    name: z.string(),
    version: z.int(),
    kind: z.enum(['class', 'classes', 'boxes', 'polygons']),
    classes: z.array(z.string()),
    guidelines: z.string().nullable().describe('For the set as a whole; text or Markdown.'),
    notes: z
      .array(
        z.object({
          class: z.string(),
          guidelines: z.string().nullable(),
          examples: z.array(z.string()).describe('Paths of the pictures on this server.'),
        }),
      )
      .describe('What there is to say of single classes.'),
    attributes: z.array(attributeRule),
    text: z.enum(['none', 'optional', 'required']).describe('Whether a label has words, too.'),
  })
  .meta({ id: 'LabelSet', description: 'What a label may say, and what annotators are told.' });

export type LabelSetJson = z.output<typeof labelSet>;

// A label set never changes, and every task of a page shows it.
const known = new WeakMap<LabelSet, LabelSetJson>();

export function labelSetJson(set: LabelSet): LabelSetJson {
  const before = known.get(set);
  if (before !== undefined) return before;
  const json = jsonOf(set);
  known.set(set, json);
  return json;
}

function jsonOf(set: LabelSet): LabelSetJson {
  return {
    name: set.name,
    version: set.version,
    kind: set.kind,
    classes: [...set.classes],
    guidelines: set.guidelines ?? null,
    notes: (set.notes ?? []).map((note) => ({
      class: note.class,
      guidelines: note.guidelines ?? null,
      examples: note.examples.map((_, at) => exampleHref(set, note.class, at)),
    })),
    attributes: (set.attributes ?? []).map((rule) => ({
      name: rule.name,
      kind: rule.kind,
      on: rule.on,
      required: rule.required,
      classes: rule.classes === undefined ? null : [...rule.classes],
      values: 'values' in rule ? [...rule.values] : null,
      min: rule.kind === 'number' ? (rule.min ?? null) : null,
      max: rule.kind === 'number' ? (rule.max ?? null) : null,
    })),
    text: set.text ?? 'none',
  };
}

/** By numbers: names of files and tasks are nothing that an annotator needs to know. */
function exampleHref({ name, classes }: LabelSet, of: string, example: number): string {
  return `/v1/label-sets/${encodeURIComponent(name)}/examples/${classes.indexOf(of)}/${example}`;
}

const position = z.coerce.number().int().min(0);

export const labelSetParams = z.object({ name: z.string().min(1).max(200) });

export const exampleParams = labelSetParams.extend({
  class: position.describe('Its place in `classes`, from 0.'),
  example: position.describe('Its place among the examples of the class, from 0.'),
});
