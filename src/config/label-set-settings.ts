import { z } from 'zod';

/**
 * The section `labelSets`: what labels may say, and what annotators are told. docs/labels.md
 * explains it.
 */
const name = z.string().min(1);

/** In place, or in a file that is read at the start. */
const guidelines = z.union([name, z.strictObject({ file: name })], {
  error: 'must be text or {file: PATH}',
});

const attributeShape = {
  /** Stands in paths and in exports, where dots and the like mean something else. */
  name: z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} _-]{0,99}$/u, {
    error: 'must be 1 to 100 letters, digits, spaces, dashes or underscores',
  }),
  kind: z.enum(['choice', 'choices', 'number', 'boolean', 'text']),
  values: z
    .array(name)
    .min(1)
    .refine((values) => new Set(values).size === values.length, { error: 'names one twice' })
    .optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  required: z.boolean().default(false),
};

interface AttributeShape {
  readonly kind: string;
  readonly values?: unknown;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

function needsItsValues({ kind, values }: AttributeShape): boolean {
  return (kind === 'choice' || kind === 'choices') === (values !== undefined);
}

function bounded({ kind, min, max }: AttributeShape): boolean {
  return kind === 'number' || (min === undefined && max === undefined);
}

function inOrder({ min = -Infinity, max = Infinity }: AttributeShape): boolean {
  return min <= max;
}

const valuesError = { error: 'needs values where kind is choice or choices, and only there' };
const boundsError = { error: 'takes min and max only where kind is number' };
const orderError = { error: 'has a min above its max' };

const attribute = z
  .strictObject({
    ...attributeShape,
    /** By default of objects where they are drawn, else of the picture. */
    on: z.enum(['object', 'picture']).optional(),
    classes: z.array(name).min(1).optional(),
  })
  .refine(needsItsValues, valuesError)
  .refine(bounded, boundsError)
  .refine(inOrder, orderError);

const attributeOfClass = z
  .strictObject(attributeShape)
  .refine(needsItsValues, valuesError)
  .refine(bounded, boundsError)
  .refine(inOrder, orderError);

const describedClass = z.union(
  [
    name,
    z.strictObject({
      name,
      guidelines: guidelines.optional(),
      /** Ids of tasks, or paths of pictures. */
      examples: z.array(name).default([]),
      attributes: z.array(attributeOfClass).default([]),
    }),
  ],
  { error: 'must be a name, or {name, guidelines, examples, attributes}' },
);

export const labelSetSchema = z.strictObject({
  version: z.int().min(1).default(1),
  kind: z.enum(['class', 'classes', 'boxes', 'polygons']).default('class'),
  classes: z.array(describedClass).min(1),
  guidelines: guidelines.optional(),
  attributes: z.array(attribute).default([]),
  text: z.enum(['none', 'optional', 'required']).default('none'),
});

export type LabelSetSettings = z.output<typeof labelSetSchema>;
export type GuidelinesSettings = z.output<typeof guidelines>;
export type AttributeSettings = z.output<typeof attribute>;
